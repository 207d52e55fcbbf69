// SPDX-License-Identifier: Apache-2.0
// Going on after a crash: what a dead process may have done, and what is done about it.
#include "kernel/run_memory.hpp"
#include "kernel/tool_loop.hpp"
#include "kernel/undo_run.hpp"
#include "kernel/untrusted_output.hpp"

namespace orchestrator::harness::kernel {
namespace {

std::optional<CallPlace> lost_place(const State& state, std::string_view call_id) {
  const auto* acting = std::get_if<Acting>(&state.phase);
  if (acting == nullptr) return std::nullopt;
  return place_of(
      *acting, [&](const ToolCallProgress& call) { return call.call_id == call_id && call.stage == CallStage::lost; });
}

bool is_ending(const State& state) {
  const auto* acting = std::get_if<Acting>(&state.phase);
  return state.facts.abort.has_value() || (acting != nullptr && acting->stopped_by.has_value());
}

std::vector<std::string> lost_effects(const State& state) {
  std::vector<std::string> lost;
  if (const auto* calling = std::get_if<Calling>(&state.phase)) {
    lost.push_back("attempt " + std::to_string(calling->attempt.number));
  }
  if (const auto* stopping = std::get_if<Stopping>(&state.phase)) {
    lost.push_back("attempt " + std::to_string(stopping->attempt.number));
  }
  if (const auto* acting = std::get_if<Acting>(&state.phase)) {
    for (const ToolCallProgress& call : acting->calls) {
      if (call.stage == CallStage::running || call.stage == CallStage::lost) lost.push_back("call " + call.call_id);
    }
  }
  const auto* undoing = std::get_if<Undoing>(&state.phase);
  if (undoing != nullptr && undoing->stage == UndoStage::running) {
    lost.push_back("step " + std::to_string(undoing->next));
  }
  return lost;
}

}  // namespace

// The look at a call that must not run twice was owed from the moment on at which its loss was journaled.
void lose_call(Decider& decider, const std::string& call_id) {
  const auto place = lost_place(decider.base(), call_id);
  if (!place) return;
  if (is_ending(decider.state()) || is_journal_full(decider.facts())) {
    // Nobody waits any more for the look that `on_recover` asked for.
    const bool is_looked_at =
        !decider.facts().paused && !may_run_twice(decider.facts().spec, place->call(decider).tool);
    if (is_looked_at) decider.effect(event::effects::CancelTool{call_id});
    finish_unknown(decider, *place, "its process is gone");
    step_calls(decider);
    return;
  }
  if (decider.facts().paused) return;  // `resume` goes on from here
  if (may_run_twice(decider.facts().spec, place->call(decider).tool)) start_again(decider, *place);
}

void on_tool_verified(Decider& decider, const event::inputs::ToolVerified& input) {
  const auto place = lost_place(decider.base(), input.call_id);
  if (!place || decider.base().facts.paused) return;
  if (is_ending(decider.base()) || is_journal_full(decider.base().facts)) {
    finish_unknown(decider, *place, "its process is gone");
    step_calls(decider);
    return;
  }
  const ToolCallProgress call = place->call(decider);
  switch (input.state) {
    case VerifiedState::happened: {
      events::ToolCallFinished finished;
      finished.call_id = call.call_id;
      finished.outcome = ToolOutcome::ok;
      finished.result = input.result;
      if (finished.result.empty()) finished.result.emplace_back(TextPart{"done; its own words were lost in a crash"});
      finished.latency_us = call.ran_us;
      // The tool's own words about what it found.
      finished.is_untrusted = !input.result.empty() && is_kept_apart(decider.facts().spec, call.tool, input.result);
      decider.emit_in_call(*place, std::move(finished));
      step_calls(decider);
      return;
    }
    case VerifiedState::not_happened:
      start_again(decider, *place);
      return;
    case VerifiedState::unknown:
      break;
  }
  if (decider.base().facts.spec.tool_policy.approval == ApprovalMode::never) {
    finish_unknown(decider, *place, input.detail);
    step_calls(decider);
    return;
  }
  std::string shown =
      "Whether this call has happened is not known. Make it again?\n" + call.tool + " " + call.arguments;
  if (!input.detail.empty()) shown += "\n" + input.detail;
  raise_interrupt(decider, *place, Question{InterruptKind::clarification, call.targets, std::move(shown)});
}

void on_recover(Decider& decider, const event::inputs::Recover& input) {
  events::RunResumed resumed;
  resumed.by = input.by;
  resumed.epoch = input.epoch;
  resumed.discarded_after = input.discarded_after;
  resumed.lost = lost_effects(decider.base());
  decider.emit(std::move(resumed));
  if (is_keeping(decider.state()) && is_journal_full(decider.facts()) && !decider.facts().paused) {
    give_up_keeping(decider, "the run reached its limits");
    return;
  }
  if (std::holds_alternative<Waiting>(decider.state().phase) && is_journal_full(decider.facts())) {
    decider.end_with_error(full_journal_error());
    return;
  }
  begin_again(decider);
  for (event::Effect& effect : owed_effects(decider.state())) {
    // What had started is lost, not owed: `EffectLost` says so next.
    const bool had_started = std::holds_alternative<event::effects::CallProvider>(effect) ||
                             std::holds_alternative<event::effects::CancelProvider>(effect) ||
                             std::holds_alternative<event::effects::RunTool>(effect);
    const auto* started = std::get_if<event::effects::StartTimer>(&effect);
    const bool is_of_call = started != nullptr && started->timer == TimerKind::turn;
    if (!had_started && !is_of_call) decider.effect(std::move(effect));
  }
}

}  // namespace orchestrator::harness::kernel
