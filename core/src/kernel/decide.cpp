// SPDX-License-Identifier: Apache-2.0
#include "kernel/decide.hpp"

#include "kernel/decider.hpp"

namespace orchestrator::harness::kernel {
namespace {

struct Dispatch {
  Decider& decider;
  void operator()(const event::inputs::Start& input) const { on_start(decider, input); }
  void operator()(const event::inputs::SlotGranted& input) const { on_slot_granted(decider, input); }
  void operator()(const event::inputs::SlotRefused& input) const { on_slot_refused(decider, input); }
  void operator()(const event::inputs::ProviderHeaders& input) const { on_provider_headers(decider, input); }
  void operator()(const event::inputs::ProviderChunk& input) const { on_provider_chunk(decider, input); }
  void operator()(const event::inputs::ProviderEnded& input) const { on_provider_ended(decider, input); }
  void operator()(const event::inputs::ToolPrepared& input) const { on_tool_prepared(decider, input); }
  void operator()(const event::inputs::ToolReturned& input) const { on_tool_returned(decider, input); }
  void operator()(const event::inputs::ToolVerified& input) const { on_tool_verified(decider, input); }
  void operator()(const event::inputs::GateReturned& input) const { on_gate_returned(decider, input); }
  void operator()(const event::inputs::MemoryReturned& input) const { on_memory_returned(decider, input); }
  void operator()(const event::inputs::MemoryKept& input) const { on_memory_kept(decider, input); }
  void operator()(const event::inputs::TimerFired& input) const { on_timer_fired(decider, input); }
  void operator()(const event::inputs::EffectLost& input) const { on_effect_lost(decider, input); }
  void operator()(const event::inputs::Abort& input) const { on_abort(decider, input); }
  void operator()(const event::inputs::Hint& input) const { on_hint(decider, input); }
  void operator()(const event::inputs::Pause& input) const { on_pause(decider, input); }
  void operator()(const event::inputs::Resume& input) const { on_resume(decider, input); }
  void operator()(const event::inputs::Recover& input) const { on_recover(decider, input); }
  void operator()(const event::inputs::Resolve& input) const { on_resolve(decider, input); }
  void operator()(const event::inputs::Checkpoint& input) const { on_checkpoint(decider, input); }
  void operator()(const event::inputs::IssueToken& input) const { on_issue_token(decider, input); }
  void operator()(const event::inputs::ReplayReported& input) const { on_replay_reported(decider, input); }
  void operator()(const event::inputs::CompensationPrepared& input) const { on_compensation_prepared(decider, input); }
  void operator()(const event::inputs::Compensated& input) const { on_compensated(decider, input); }
};

// The run's deadline stands still while the run is parked: its timer stops and starts where a decision parks the run
// or goes on with it.
void follow_parking(Decider& decider) {
  const State& base = decider.base();
  if (!base.facts.spec.timeouts.run_ms || decider.emitted() == 0) return;
  const bool may_change = std::holds_alternative<Acting>(base.phase) || base.facts.paused || decider.has_paused();
  if (!may_change) return;
  const State& after = decider.state();
  const bool is_over = std::holds_alternative<Ended>(after.phase) || std::holds_alternative<Stopping>(after.phase);
  if (is_over || is_parked(base) == is_parked(after)) return;
  if (is_parked(after)) {
    decider.first_effect(event::effects::StopTimer{TimerKind::run});
  } else if (const auto at_us = run_deadline_us(after.facts)) {
    decider.first_effect(event::effects::StartTimer{TimerKind::run, *at_us});
  }
}

}  // namespace

Decision decide(const State& state, const event::Input& input) {
  Decider decider(state, input.now, input.redacted);
  const auto* start = std::get_if<event::inputs::Start>(&input.value);
  // A fork starts in the state of its source.
  const bool may_start = start != nullptr && (std::holds_alternative<NotStarted>(state.phase) ||
                                              (start->spec.kind == RunKind::fork && !has_started(state)));
  if (std::holds_alternative<Ended>(state.phase)) {
    decider.refuse(RuntimeErrorCode::run_not_active,
                   "the run has ended (" + std::get<Ended>(state.phase).terminal + ")", "run");
  } else if (start != nullptr ? !may_start : !has_started(state)) {
    decider.refuse(RuntimeErrorCode::precondition_failed,
                   start != nullptr ? "the run has started already" : "the run has not started", "run");
  } else if (input.now.elapsed_us < state.facts.last_elapsed_us) {
    decider.refuse(RuntimeErrorCode::internal, "the run's clock went back", "now.elapsed_us");
  } else {
    std::visit(Dispatch{decider}, input.value);
    follow_parking(decider);
  }
  return decider.take();
}

}  // namespace orchestrator::harness::kernel
