// SPDX-License-Identifier: Apache-2.0
// A run that goes on from a point of another one.
#include <algorithm>
#include <string>
#include <utility>

#include "kernel/fork_state.hpp"
#include "kernel/gates.hpp"
#include "kernel/history_trim.hpp"
#include "kernel/money.hpp"
#include "kernel/negotiation.hpp"
#include "kernel/run_memory.hpp"
#include "kernel/run_start.hpp"
#include "kernel/tool_loop.hpp"

namespace orchestrator::harness::kernel {
namespace {

RuntimeError invalid(std::string message, std::string at) {
  return {RuntimeErrorCode::invalid_argument, std::move(message), std::move(at), {}};
}

bool has_changed(const events::RunForked& forked, std::string_view what) {
  return std::ranges::find(forked.changed, what) != forked.changed.end();
}

// Something that the model has not answered yet.
bool has_news(const events::RunForked& forked) { return has_changed(forked, "hint"); }

std::optional<RuntimeError> reason_against_results(const State& base, const events::RunForked& forked) {
  for (const SubstitutedResult& result : forked.results) {
    if (!has_call(base, result.call_id)) {
      return invalid("the run had no call '" + result.call_id + "' at that point", "tool_results");
    }
    if (result.result.empty()) return invalid("the result of call '" + result.call_id + "' is empty", "tool_results");
    const bool has_outcome = result.outcome == ToolOutcome::ok || result.outcome == ToolOutcome::error;
    if (!has_outcome) return invalid("a result is ok or an error", "tool_results");
  }
  return std::nullopt;
}

std::optional<RuntimeError> reason_against_gates(const events::RunStarted& spec, const events::RunForked& forked) {
  for (const SubstitutedGate& gate : forked.gates) {
    const bool is_known = std::ranges::any_of(spec.gates, [&](const auto& rule) { return rule.name == gate.gate; });
    if (!is_known) return invalid("the fork is under no rule '" + gate.gate + "'", "gate_decisions");
  }
  return std::nullopt;
}

std::optional<RuntimeError> reason_against_input(const State& base, const events::RunStarted& spec) {
  if (spec.input == base.facts.spec.input) return std::nullopt;
  if (!has_input(base)) {
    return RuntimeError{RuntimeErrorCode::precondition_failed,
                        "the input was no longer in the context at that point: fork at an earlier event",
                        "input",
                        {}};
  }
  if (std::holds_alternative<Acting>(base.phase) && has_gates(spec, GatePhase::input)) {
    return RuntimeError{RuntimeErrorCode::precondition_failed,
                        "rules judge the input before anything is done: fork at an event between two turns",
                        "input",
                        {}};
  }
  return std::nullopt;
}

std::optional<RuntimeError> reason_against_turn(const State& base, const events::RunStarted& spec) {
  const auto* waiting = std::get_if<Waiting>(&base.phase);
  const std::uint32_t turns_max = std::min(spec.budgets.turns.value_or(spec.limits.turns), spec.limits.turns);
  if (waiting == nullptr || !waiting->answer || waiting->next_turn <= turns_max) return std::nullopt;
  return RuntimeError{RuntimeErrorCode::precondition_failed,
                      "the run had used its " + std::to_string(turns_max) +
                          " turns at that point: allow more, or fork at an earlier event",
                      "budgets.turns",
                      {}};
}

RuntimeError after_last_word(bool has_input) {
  std::string message = "the run had said its last word at that point";
  message += has_input ? ", and another input changes only what it began with: give what comes next as a hint, or fork "
                         "at event 1, where the input is asked anew"
                       : ": give a hint, or fork at an earlier event (event 1 asks anew)";
  return {RuntimeErrorCode::precondition_failed, std::move(message), "at_seq", {}};
}

std::optional<RuntimeError> reason_against_fork(const State& base, const event::inputs::Start& start,
                                                const events::RunForked& forked) {
  if (auto reason = reason_to_refuse(start.spec)) return reason;
  if (start.spec.history != base.facts.spec.history || !start.history.empty()) {
    return RuntimeError{RuntimeErrorCode::internal, "the history is not that of the other run", "history", {}};
  }
  if (auto reason = reason_against_input(base, start.spec)) return reason;
  if (auto reason = reason_against_results(base, forked)) return reason;
  if (auto reason = reason_against_gates(start.spec, forked)) return reason;
  if (is_at_rest(base) && !has_news(forked)) return after_last_word(has_changed(forked, "input"));
  return reason_against_turn(base, start.spec);
}

// The choice of a model, as of a run that begins here.
std::variant<events::ModelSelected, events::NegotiationFailed> choose_model(const State& base,
                                                                            const event::inputs::Start& start) {
  Facts facts = base.facts;
  facts.spec = start.spec;
  NegotiationBase from;
  from.request_tokens = request_tokens(facts);
  return negotiate(start.spec, std::move(from));
}

// Asks for what the state owes, or for another turn after the last word.
void go_on(Decider& decider, bool was_at_rest) {
  if (std::holds_alternative<Acting>(decider.state().phase)) {
    resume_calls(decider);
  } else if (decider.facts().judges_input) {
    decider.effect(event::effects::EvaluateGates{});
  } else if (decider.facts().recalls) {
    decider.effect(retrieve_memory(decider.facts()));
  } else if (was_at_rest) {  // the hint comes right behind the start
    decider.effect(acquire_slot(decider.facts(), std::get<Waiting>(decider.state().phase)));
  } else {
    advance(decider);
  }
}

}  // namespace

void start_fork(Decider& decider, const event::inputs::Start& start) {
  const State& base = decider.base();
  const auto* forked = std::get_if<events::RunForked>(&start.derivation);
  if (forked == nullptr || !start.spec.parent) {
    decider.refuse(RuntimeErrorCode::invalid_argument, "a fork needs another run and what it changes", "parent");
    return;
  }
  if (!is_fork_base(base)) {
    decider.refuse(RuntimeErrorCode::not_supported, "a replay, an undo or a run without a start cannot be forked",
                   "parent");
    return;
  }
  if (auto reason = reason_against_fork(base, start, *forked)) {
    decider.refuse(reason->code, std::move(reason->message), std::move(reason->at));
    return;
  }
  auto choice = choose_model(base, start);
  if (const auto* failed = std::get_if<events::NegotiationFailed>(&choice)) {
    RuntimeError reason = no_model_error(*failed);
    decider.refuse(reason.code, std::move(reason.message), std::move(reason.at));
    return;
  }
  const bool was_at_rest = is_at_rest(base);
  decider.emit_start(start);
  if (base.facts.assembled_tokens == 0) {  // its source had made no request
    for (events::ContextTrimmed& trimmed : trim_history(decider.facts().context, start.spec.history_limits)) {
      decider.emit(std::move(trimmed));
    }
  }
  decider.emit(std::get<events::ModelSelected>(std::move(choice)));
  if (const auto at_us = run_deadline_us(decider.facts())) {
    decider.effect(event::effects::StartTimer{TimerKind::run, *at_us});
  }
  go_on(decider, was_at_rest);
}

}  // namespace orchestrator::harness::kernel
