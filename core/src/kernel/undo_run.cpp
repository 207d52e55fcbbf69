// SPDX-License-Identifier: Apache-2.0
#include "kernel/undo_run.hpp"

#include <utility>

namespace orchestrator::harness::kernel {
namespace {

const Undoing* undoing_of(const State& state) { return std::get_if<Undoing>(&state.phase); }

event::effects::PrepareCompensation prepare_step(const Facts& facts, const Undoing& undoing) {
  return {facts.spec.parent.value_or(events::ParentRef{}), undoing.next, undoing.plan.steps.at(undoing.next)};
}

event::effects::Compensate run_step(const Facts& facts, const Undoing& undoing) {
  return {facts.spec.parent.value_or(events::ParentRef{}), undoing.next, undoing.plan.steps.at(undoing.next),
          undoing.attempt, compensation_key(facts.identity.run_id, undoing.next)};
}

void finish_step(Decider& decider, CompensationOutcome outcome, std::vector<UndoConflict> conflicts = {},
                 std::optional<Error> error = {}) {
  const Undoing& undoing = *undoing_of(decider.state());
  events::CompensationFinished finished;
  finished.index = undoing.next;
  finished.call_id = undoing.plan.steps.at(undoing.next).call_id;
  finished.outcome = outcome;
  finished.conflicts = std::move(conflicts);
  finished.error = std::move(error);
  if (undoing.stage == UndoStage::running) finished.latency_us = decider.now_us() - undoing.started_us;
  decider.emit(std::move(finished));
}

void end_incomplete(Decider& decider) {
  const Undoing& undoing = *undoing_of(decider.state());
  const std::size_t left = undoing.plan.steps.size() - undoing.next;
  std::string message = std::to_string(undoing.unfinished) + " of " + std::to_string(undoing.plan.steps.size()) +
                        " steps did not restore what was there";
  if (left > 0) message += ", and " + std::to_string(left) + " were not begun after that";
  decider.end_with_error(RuntimeError{RuntimeErrorCode::undo_incomplete, std::move(message), "undo", {}}.to_error());
}

// After a step that failed nothing further is begun.
void end_after_failure(Decider& decider) {
  if (decider.facts().abort) {
    decider.end_aborted(events::AbortRequested(*decider.facts().abort));
  } else {
    end_incomplete(decider);
  }
}

// Steps that need no look are finished at once; the first that does is looked at.
void next_step(Decider& decider) {
  for (;;) {
    const Undoing& undoing = *undoing_of(decider.state());
    if (decider.facts().abort) {
      decider.end_aborted(events::AbortRequested(*decider.facts().abort));
      return;
    }
    if (undoing.next == undoing.plan.steps.size()) {
      if (undoing.unfinished > 0) {
        end_incomplete(decider);
      } else {
        decider.end_completed(FinishReason::undone);
      }
      return;
    }
    const UndoStep& step = undoing.plan.steps.at(undoing.next);
    if (step.verdict == UndoVerdict::not_undoable) {
      finish_step(decider, CompensationOutcome::not_undoable);
    } else if (step.verdict == UndoVerdict::conflict && !step.overwrites) {
      finish_step(decider, CompensationOutcome::conflict, step.conflicts);
    } else {
      decider.effect(prepare_step(decider.facts(), undoing));
      return;
    }
  }
}

}  // namespace

std::string compensation_key(const RunId& run_id, std::uint32_t index) {
  return "undo_" + run_id.str().substr(4) + "_" + std::to_string(index);
}

std::vector<event::Effect> owed_compensations(const Facts& facts, const Undoing& undoing) {
  if (undoing.next == undoing.plan.steps.size()) return {};
  if (undoing.stage == UndoStage::running) return {run_step(facts, undoing)};
  return {prepare_step(facts, undoing)};
}

void start_undo(Decider& decider, const event::inputs::Start& start) {
  const auto* plan = std::get_if<events::UndoPlanned>(&start.derivation);
  if (plan == nullptr || !start.spec.parent) {
    decider.refuse(RuntimeErrorCode::invalid_argument, "an undo needs another run and a plan", "parent");
    return;
  }
  const std::uint64_t events = 2 + 2 * plan->steps.size() + closing_events(start.spec);
  if (events > start.spec.limits.run_events) {
    decider.refuse(RuntimeErrorCode::limit_exceeded,
                   "the plan needs " + std::to_string(events) + " events, and a run may have " +
                       std::to_string(start.spec.limits.run_events),
                   "limits.run_events");
    return;
  }
  decider.emit_start(start);
  decider.emit(*plan);
  next_step(decider);
}

void on_compensation_prepared(Decider& decider, const event::inputs::CompensationPrepared& input) {
  const Undoing* undoing = undoing_of(decider.base());
  if (undoing == nullptr || undoing->stage != UndoStage::preparing || undoing->next != input.index) return;
  const UndoStep step = undoing->plan.steps.at(undoing->next);
  if (input.error) {
    finish_step(decider, CompensationOutcome::failed, input.conflicts, input.error);
    end_after_failure(decider);
    return;
  }
  // What a person agreed to lose is what the plan names, and nothing that came since.
  const bool is_agreed = step.overwrites && input.conflicts == step.conflicts;
  switch (input.verdict) {
    case UndoVerdict::nothing_to_do:
      finish_step(decider, CompensationOutcome::restored);
      next_step(decider);
      return;
    case UndoVerdict::not_undoable:
      finish_step(decider, CompensationOutcome::not_undoable, input.conflicts);
      next_step(decider);
      return;
    case UndoVerdict::conflict:
      if (!is_agreed) {
        finish_step(decider, CompensationOutcome::conflict, input.conflicts);
        next_step(decider);
        return;
      }
      break;
    case UndoVerdict::restorable:
      break;
  }
  events::CompensationStarted started;
  started.index = input.index;
  started.call_id = step.call_id;
  started.tool = step.tool;
  started.idempotency_key = compensation_key(decider.base().facts.identity.run_id, input.index);
  started.undo = input.undo;
  started.targets = input.targets;
  decider.emit(std::move(started));
  decider.effect(run_step(decider.facts(), *undoing_of(decider.state())));
}

void on_compensated(Decider& decider, const event::inputs::Compensated& input) {
  const Undoing* undoing = undoing_of(decider.base());
  if (undoing == nullptr || undoing->stage != UndoStage::running || undoing->next != input.index ||
      undoing->attempt != input.attempt) {
    return;
  }
  finish_step(decider, input.outcome, input.conflicts, input.error);
  if (input.outcome == CompensationOutcome::failed) {
    end_after_failure(decider);
  } else {
    next_step(decider);
  }
}

void begin_again(Decider& decider) {
  const Undoing* undoing = undoing_of(decider.state());
  if (undoing == nullptr || undoing->stage != UndoStage::running) return;
  const UndoStep step = undoing->plan.steps.at(undoing->next);
  events::CompensationStarted started;  // what takes it back stands in the first attempt's
  started.index = undoing->next;
  started.call_id = step.call_id;
  started.tool = step.tool;
  started.attempt = undoing->attempt + 1;
  started.idempotency_key = compensation_key(decider.facts().identity.run_id, undoing->next);
  decider.emit(std::move(started));
}

void stop_undo(Decider& decider, const events::AbortRequested& abort) {
  const Undoing* undoing = undoing_of(decider.state());
  if (undoing != nullptr && undoing->stage == UndoStage::preparing) decider.end_aborted(abort);
}

}  // namespace orchestrator::harness::kernel
