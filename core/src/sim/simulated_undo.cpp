// SPDX-License-Identifier: Apache-2.0
// The effects of a simulated run that takes calls of another one back.
#include "sim/simulated_run.hpp"

namespace orchestrator::harness::sim {
namespace {

Error disk_error() { return ToolError{ToolErrorCode::io_error, "the disk does not do it", "undo", {}}.to_error(); }

}  // namespace

const CompensationPlan& SimulatedRun::next_compensation() {
  static const CompensationPlan plain;
  const std::size_t index = compensations_++;
  return index < plan_.compensations.size() ? plan_.compensations[index] : plain;
}

void SimulatedRun::carry_out_undo(const event::Effect& effect) {
  if (const auto* look = std::get_if<event::effects::PrepareCompensation>(&effect)) look_at_step(*look);
  if (const auto* step = std::get_if<event::effects::Compensate>(&effect)) take_back(*step);
}

void SimulatedRun::look_at_step(const event::effects::PrepareCompensation& look) {
  const CompensationPlan& plan = next_compensation();
  event::inputs::CompensationPrepared prepared;
  prepared.index = look.index;
  const TrailCall* call = calls_->find(look.step.seq);
  if (call == nullptr || !call->undo) {
    judge_.fail("undo", "a look at a call that left no way back");
  } else if (plan.fails) {
    prepared.error = disk_error();
  } else {
    if (plan.meddles) {
      tree_.meddle(*call->undo);
      meddled_.push_back(*call->undo);
    }
    SimulatedTree::Look found = tree_.look(*call->undo);
    prepared.verdict = found.verdict;
    prepared.conflicts = std::move(found.conflicts);
    prepared.undo = std::move(found.undo);
  }
  queue_.send(elapsed_us_ + plan.after_us, std::move(prepared));
}

void SimulatedRun::take_back(const event::effects::Compensate& step) {
  const CompensationPlan& plan = next_compensation();
  event::inputs::Compensated done{step.index, step.attempt, CompensationOutcome::failed, {}, {}};
  const TrailCall* call = calls_->find(step.step.seq);
  if (call == nullptr || !call->undo) return judge_.fail("undo", "a call is taken back that left no way back");
  if (plan.meddles) {
    tree_.meddle(*call->undo);
    meddled_.push_back(*call->undo);
  }
  if (plan.fails) {
    done.error = disk_error();
  } else if (plan.acts_at_once) {
    restore(done, step);
  } else {
    restoring_ = step;
  }
  queue_.send(elapsed_us_ + plan.after_us, std::move(done));
}

void SimulatedRun::restore(event::inputs::Compensated& done, const event::effects::Compensate& step) {
  if (const auto wrong = world_.act(step.idempotency_key, EffectClass::idempotent)) judge_.fail("world", *wrong);
  const TrailCall* call = calls_->find(step.step.seq);
  done.conflicts = tree_.look(*call->undo).conflicts;
  const auto agreed = step.step.overwrites ? step.step.conflicts : std::vector<UndoConflict>();
  done.outcome = tree_.take_back(*call->undo, agreed);
  if (done.outcome == CompensationOutcome::restored) done.conflicts.clear();
}

// A step that acts as it returns does so now.
void SimulatedRun::finish_step(event::inputs::Compensated& done) {
  ledger_.compensation_answered();
  if (!restoring_ || restoring_->index != done.index || restoring_->attempt != done.attempt) return;
  const event::effects::Compensate step = *restoring_;
  restoring_.reset();
  restore(done, step);
}

}  // namespace orchestrator::harness::sim
