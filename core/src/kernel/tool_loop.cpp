// SPDX-License-Identifier: Apache-2.0
// The calls of an answer: requested, prepared, started, returned; and stopped when the run ends.
#include "kernel/tool_loop.hpp"

#include <algorithm>

#include "kernel/behaviours.hpp"
#include "kernel/gates.hpp"
#include "kernel/untrusted_output.hpp"

namespace orchestrator::harness::kernel {
namespace {

// Why a call cannot even be looked at, or nothing.
std::optional<ToolError> reason_to_refuse(const Facts& facts, const Acting& acting, const ToolCallProgress& call) {
  if (acting.answer == FinishReason::length || acting.answer == FinishReason::content_filter) {
    return ToolError{ToolErrorCode::tool_args_invalid, "the answer was cut before the call was whole", call.tool, {}};
  }
  if (spec_of(facts.spec, call.tool) == nullptr) {
    return ToolError{ToolErrorCode::unknown_tool, "there is no tool of this name in this run", call.tool, {}};
  }
  const auto& choice = facts.spec.settings.tool_choice;
  if (choice && choice->mode == ToolChoiceMode::none) {
    return ToolError{ToolErrorCode::tool_denied, "this run asked for an answer without tool calls", call.tool, {}};
  }
  return std::nullopt;
}

events::ToolCallRequested requested_event(const Facts& facts, const Acting& acting, const ToolCallProgress& call) {
  events::ToolCallRequested requested;
  requested.call_id = call.call_id;
  requested.turn = acting.turn;
  requested.tool = call.tool;
  requested.arguments = call.arguments;
  requested.argument_hash = argument_hash(call.arguments);
  if (const ToolSpec* spec = spec_of(facts.spec, call.tool)) requested.effect_class = spec->effect_class;
  return requested;
}

void request_call(Decider& decider, const CallPlace& place) {
  const Acting acting = std::get<Acting>(decider.state().phase);
  const ToolCallProgress& call = acting.calls.at(place.index);
  const events::ToolCallRequested requested = requested_event(decider.facts(), acting, call);
  decider.emit_in_call(place, requested);
  if (requested.effect_class == EffectClass::pure && has_behaviour(decider.facts().spec, Behaviour::told_loops)) {
    auto loop = decider.facts().loops.suspicion(requested.turn, requested.tool, requested.argument_hash);
    if (loop) decider.emit(*std::move(loop));
  }
  if (const auto error = reason_to_refuse(decider.facts(), acting, call)) {
    const bool denied = error->code == ToolErrorCode::tool_denied;
    finish_call(decider, place, denied ? ToolOutcome::denied : ToolOutcome::error, *error);
    return;
  }
  if (call.substituted) {
    finish_substituted(decider, place);
    return;
  }
  prepare_call(decider, place);
}

std::uint64_t ran_us(const ToolCallProgress& call, std::uint64_t now_us) {
  return call.ran_us + (call.stage == CallStage::running ? now_us - call.started_us : 0);
}

bool is_ending(const State& state) {
  if (state.facts.abort) return true;
  const auto* acting = std::get_if<Acting>(&state.phase);
  return acting != nullptr && acting->stopped_by.has_value();
}

Error stop_error(const Facts& facts, TimerKind timer) {
  if (timer == TimerKind::approval) {
    return RuntimeError{RuntimeErrorCode::approval_denied,
                        "a question to a person expired unanswered",
                        "tool_policy.approval_timeout_ms",
                        {}};
  }
  return RuntimeError{RuntimeErrorCode::run_timeout,
                      "the run passed its limit of " + std::to_string(facts.spec.timeouts.run_ms.value_or(0)) + " ms",
                      "timeouts.run_ms",
                      {}};
}

// Nothing runs any more: the calls that were never begun get their result, and the run ends as it was asked to.
void close_calls(Decider& decider) {
  for (;;) {
    const auto* acting = std::get_if<Acting>(&decider.state().phase);
    if (acting == nullptr) break;
    const auto due = place_of(*acting, [](const ToolCallProgress& call) { return call.stage == CallStage::due; });
    if (!due) return;  // an open one is left: its end comes here again
    decider.emit_in_call(*due, requested_event(decider.facts(), *acting, acting->calls.at(due->index)));
    finish_call(decider, *due, ToolOutcome::cancelled,
                ToolError{ToolErrorCode::tool_cancelled, "the run ended before the call began", {}, {}});
  }
  const auto stopped_by = std::get<Waiting>(decider.state().phase).stopped_by;
  if (stopped_by) {
    decider.end_with_error(stop_error(decider.facts(), *stopped_by));
  } else {
    decider.end_aborted(events::AbortRequested(*decider.facts().abort));
  }
}

void end_full(Decider& decider) {
  for (;;) {
    const auto* acting = std::get_if<Acting>(&decider.state().phase);
    if (acting == nullptr) break;
    const auto due = place_of(*acting, [](const ToolCallProgress& call) { return call.stage == CallStage::due; });
    if (!due) return;
    decider.emit_in_call(*due, requested_event(decider.facts(), *acting, acting->calls.at(due->index)));
    finish_call(decider, *due, ToolOutcome::cancelled,
                ToolError{ToolErrorCode::tool_cancelled, "the run ended before the call began", {}, {}});
  }
  decider.end_with_error(full_journal_error());
}

std::optional<CallPlace> place_at(const State& state, std::string_view call_id, CallStage stage) {
  const auto* acting = std::get_if<Acting>(&state.phase);
  if (acting == nullptr) return std::nullopt;
  return place_of(*acting,
                  [&](const ToolCallProgress& call) { return call.call_id == call_id && call.stage == stage; });
}

std::string why_denied(const Facts& facts, const ToolCallProgress& call, const ToolPreparation& preparation) {
  const std::string reason = reason_to_ask(facts, call, preparation);
  const bool is_refused = preparation.approval == ApprovalNeed::refuse;
  if (reason.empty() || is_refused) return "the policy of this run does not allow the call";
  return reason + " the call needs an approval of its own, and this run asks nobody";
}

bool is_denial(const Error& error) { return error.code == "tool_denied" || error.code == "protected_path"; }

}  // namespace

bool is_journal_full(const Facts& facts) {
  // A call that was allowed before something untrusted came is asked about a second time.
  const std::uint64_t own_events = facts.spec.tool_policy.injection == InjectionStance::strict ? 10 : 8;
  const std::uint64_t events_of_one_call = own_events + 2 * facts.spec.gates.size();  // each look has its verdicts
  const Limits& limits = facts.spec.limits;
  return facts.last_seq + events_of_one_call + closing_events(facts.spec) > limits.run_events ||
         facts.text_bytes > limits.run_bytes;
}

RuntimeError full_journal_error() {
  return {RuntimeErrorCode::limit_exceeded, "the run has no room in its journal to go on", "limits.run_events", {}};
}

void step_calls(Decider& decider) {
  for (;;) {
    const auto* acting = std::get_if<Acting>(&decider.state().phase);
    if (acting == nullptr) {
      if (std::get<Waiting>(decider.state().phase).stopped_by) {
        close_calls(decider);
      } else {
        advance(decider);
      }
      return;
    }
    const Facts& facts = decider.facts();
    if (facts.paused) return;
    const std::size_t open = count_open(acting->calls);
    if (is_ending(decider.state())) {
      if (open == 0) close_calls(decider);
      return;
    }
    if (open >= facts.spec.tool_policy.calls_at_once) return;
    const auto due = place_of(*acting, [](const ToolCallProgress& call) { return call.stage == CallStage::due; });
    if (!due) return;
    if (is_journal_full(facts)) {
      if (open == 0) end_full(decider);
      return;
    }
    request_call(decider, *due);
  }
}

void resume_calls(Decider& decider) {
  const Acting acting = std::get<Acting>(decider.state().phase);
  for (std::size_t i = 0; i < acting.calls.size(); ++i) {
    const bool is_open = acting.calls[i].stage != CallStage::due && acting.calls[i].stage != CallStage::finished;
    if (is_open && acting.calls[i].substituted) {
      finish_substituted(decider, CallPlace{acting.turn, i});
      continue;
    }
    if (acting.calls[i].stage == CallStage::preparing) prepare_call(decider, CallPlace{acting.turn, i});
    if (acting.calls[i].stage != CallStage::lost) continue;
    if (may_run_twice(decider.facts().spec, acting.calls[i].tool)) {
      start_again(decider, CallPlace{acting.turn, i});
    } else {
      decider.effect(verify_tool(decider.facts(), acting, i));
    }
  }
  step_calls(decider);
}

void prepare_call(Decider& decider, const CallPlace& place) {
  const Acting& acting = std::get<Acting>(decider.state().phase);
  decider.effect(prepare_tool(decider.facts(), acting, place.index));
}

void start_call(Decider& decider, const CallPlace& place, ToolPreparation preparation) {
  const ToolCallProgress call = place.call(decider);
  const Facts& facts = decider.facts();
  events::ToolCallStarted started;
  started.call_id = call.call_id;
  started.attempt = call.attempt + 1;
  started.idempotency_key = idempotency_key(facts.identity.run_id, place.turn, place.index);
  started.undo = preparation.undo;
  started.targets = preparation.targets;
  started.approval = call.approval;
  event::effects::RunTool run{
      call.call_id, call.tool, call.arguments, started.idempotency_key, started.attempt, std::move(preparation)};
  decider.emit_in_call(place, std::move(started));
  decider.effect(std::move(run));
}

void start_again(Decider& decider, const CallPlace& place) {
  const ToolCallProgress call = place.call(decider);
  start_call(decider, place, ToolPreparation{call.undo, call.targets, std::nullopt, {}});
}

void finish_call(Decider& decider, const CallPlace& place, ToolOutcome outcome, const ToolError& error) {
  const ToolCallProgress call = place.call(decider);
  events::ToolCallFinished finished;
  finished.call_id = call.call_id;
  finished.outcome = outcome;
  finished.error = error.to_error();
  finished.result.emplace_back(TextPart{std::string(name_of(error.code)) + ": " + error.message});
  finished.latency_us = ran_us(call, decider.now_us());
  decider.emit_in_call(place, std::move(finished));
}

void finish_substituted(Decider& decider, const CallPlace& place) {
  const ToolCallProgress call = place.call(decider);
  events::ToolCallFinished finished;
  finished.call_id = call.call_id;
  finished.outcome = call.substituted->outcome;
  finished.result = call.substituted->result;
  if (finished.outcome != ToolOutcome::ok) {
    finished.error = ToolError{ToolErrorCode::tool_failed, "as the fork was told", call.tool, {}}.to_error();
  }
  decider.emit_in_call(place, std::move(finished));
}

void finish_unknown(Decider& decider, const CallPlace& place, const std::string& why) {
  finish_call(decider, place, ToolOutcome::unknown,
              ToolError{ToolErrorCode::tool_outcome_unknown,
                        "the call was started, and whether it has happened is not known" +
                            (why.empty() ? std::string() : " (" + why + ")") + "; it was not made again",
                        place.call(decider).tool,
                        {}});
}

void on_tool_prepared(Decider& decider, const event::inputs::ToolPrepared& input) {
  const auto place = place_at(decider.base(), input.call_id, CallStage::preparing);
  // While the run is paused nothing begins: `resume` looks again.
  if (!place || decider.base().facts.paused) return;
  const ToolCallProgress call = place->call(decider);
  for (const GateVerdict& verdict : input.gates) decider.emit_in_call(*place, events::GateEvaluated(verdict));
  if (const GateVerdict* verdict = blocking(input.gates)) {
    finish_call(decider, *place, ToolOutcome::denied,
                ToolError{ToolErrorCode::tool_denied, blocked_message(*verdict), call.tool, {}});
    step_calls(decider);
    return;
  }
  if (input.error) {
    events::ToolCallFinished finished;
    finished.call_id = call.call_id;
    finished.outcome = is_denial(*input.error) ? ToolOutcome::denied : ToolOutcome::error;
    finished.error = input.error;
    finished.result.emplace_back(TextPart{input.error->code + ": " + input.error->message});
    finished.latency_us = call.ran_us;
    decider.emit_in_call(*place, std::move(finished));
    step_calls(decider);
    return;
  }
  switch (permission_of(decider.base().facts, call, input.preparation)) {
    case Permission::granted:
      start_call(decider, *place, input.preparation);
      return;
    case Permission::asked:
      raise_interrupt(decider, *place,
                      Question{InterruptKind::approval, input.preparation.targets,
                               input.preparation.preview.empty() ? call.arguments : input.preparation.preview,
                               reason_to_ask(decider.base().facts, call, input.preparation)});
      return;
    case Permission::stale:
      finish_call(
          decider, *place, ToolOutcome::error,
          ToolError{
              ToolErrorCode::approval_stale, "what was approved has changed since; nothing was done", call.tool, {}});
      break;
    case Permission::denied:
      finish_call(
          decider, *place, ToolOutcome::denied,
          ToolError{
              ToolErrorCode::tool_denied, why_denied(decider.base().facts, call, input.preparation), call.tool, {}});
      break;
  }
  step_calls(decider);
}

void on_tool_returned(Decider& decider, const event::inputs::ToolReturned& input) {
  const auto place = place_at(decider.base(), input.call_id, CallStage::running);
  if (!place || place->call(decider).attempt != input.attempt) return;
  const ToolCallProgress call = place->call(decider);
  events::ToolCallFinished finished;
  finished.call_id = input.call_id;
  finished.outcome = input.outcome;
  finished.result = input.result;
  finished.error = input.error;
  finished.full_output = input.full_output;
  finished.is_untrusted = is_kept_apart(decider.base().facts.spec, call.tool, input.result);
  finished.latency_us = ran_us(call, decider.now_us());
  const ToolSpec* spec = spec_of(decider.base().facts.spec, call.tool);
  if (input.error && input.error->code == name_of(ToolErrorCode::tool_timeout) && spec != nullptr) {
    decider.emit_in_call(*place, events::TimeoutFired{TimerKind::tool, spec->timeout_ms, std::nullopt, call.call_id});
  }
  decider.emit_in_call(*place, std::move(finished));
  step_calls(decider);
}

void stop_calls(Decider& decider, bool cancel_running) {
  const Acting acting = std::get<Acting>(decider.state().phase);
  const bool expired = acting.stopped_by == TimerKind::approval;
  bool has_questions = false;
  for (std::size_t i = 0; i < acting.calls.size(); ++i) {
    const ToolCallProgress& call = acting.calls[i];
    const CallPlace place{acting.turn, i};
    switch (call.stage) {
      case CallStage::due:
      case CallStage::finished:
        continue;
      case CallStage::running:
        if (cancel_running) decider.effect(event::effects::CancelTool{call.call_id});
        continue;
      case CallStage::lost:
        decider.effect(event::effects::CancelTool{call.call_id});  // the look at it
        finish_unknown(decider, place, "the run ended");
        continue;
      case CallStage::preparing:
        decider.effect(event::effects::CancelTool{call.call_id});
        break;
      case CallStage::awaiting:
        has_questions = true;
        decider.emit_in_call(place, events::InterruptResolved{call.interrupt->interrupt_id, InterruptDecision::deny,
                                                              "harness", expired ? "expired" : "run_ended"});
        if (call.interrupt->kind == InterruptKind::clarification) {
          finish_unknown(decider, place, "nobody was asked in time");
          continue;
        }
        break;
    }
    finish_call(decider, place, ToolOutcome::cancelled,
                ToolError{ToolErrorCode::tool_cancelled, "the run ended before the call began", call.tool, {}});
  }
  if (has_questions && decider.facts().spec.tool_policy.approval_timeout_ms) {
    decider.effect(event::effects::StopTimer{TimerKind::approval});
  }
  const auto* now = std::get_if<Acting>(&decider.state().phase);
  if (now == nullptr || count_open(now->calls) == 0) close_calls(decider);
}

}  // namespace orchestrator::harness::kernel
