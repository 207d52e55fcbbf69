// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <utility>

#include "event/hash_chain.hpp"
#include "kernel/decider.hpp"
#include "kernel/history_trim.hpp"
#include "kernel/money.hpp"
#include "kernel/negotiation.hpp"
#include "kernel/run_memory.hpp"
#include "kernel/run_start.hpp"

namespace orchestrator::harness::kernel {
namespace {

std::uint64_t input_bytes(const events::RunStarted& spec) {
  std::uint64_t bytes = spec.system.size();
  for (const ContentPart& part : spec.input) {
    MessageItem message;
    message.parts.push_back(part);
    bytes += event::make_context_entry({std::move(message), {}}, event::ContextSource::input).bytes;
  }
  return bytes;
}

}  // namespace

std::optional<RuntimeError> reason_to_refuse(const events::RunStarted& spec) {
  if (spec.input.empty()) {
    return RuntimeError{RuntimeErrorCode::invalid_argument, "a run needs input: at least one part", "input", {}};
  }
  if (spec.input.size() > spec.limits.input_parts) {
    return RuntimeError{RuntimeErrorCode::limit_exceeded,
                        "the input has " + std::to_string(spec.input.size()) + " parts, the limit is " +
                            std::to_string(spec.limits.input_parts),
                        "input",
                        {}};
  }
  if (const std::uint64_t bytes = input_bytes(spec); bytes > spec.limits.input_bytes) {
    return RuntimeError{
        RuntimeErrorCode::limit_exceeded,
        "the input has " + std::to_string(bytes) + " bytes, the limit is " + std::to_string(spec.limits.input_bytes),
        "input",
        {}};
  }
  const bool has_price =
      std::ranges::any_of(spec.offers, [](const ModelOffer& offer) { return offer.price.has_value(); });
  if (spec.budgets.cost_micro_usd && !has_price && !spec.budgets.allow_unpriced) {
    return RuntimeError{RuntimeErrorCode::budget_unpriced,
                        "a money budget needs a model of known price, and none is known of " +
                            spec.model_plan.primary.str() +
                            (spec.model_plan.fallbacks.empty() ? "" : " and the others") +
                            "; allow_unpriced lets it run, counted as free",
                        "budgets.cost_micro_usd",
                        {}};
  }
  return std::nullopt;
}

RuntimeError no_model_error(const events::NegotiationFailed& failed) {
  const auto all_are = [&](std::string_view prefix) {
    return std::ranges::all_of(failed.rejected, [&](const events::RejectedModel& rejected) {
      return std::ranges::all_of(rejected.reasons, [&](const auto& reason) { return reason.starts_with(prefix); });
    });
  };
  const RuntimeErrorCode code = all_are("over_budget")    ? RuntimeErrorCode::budget_exceeded
                                : all_are("unsupported:") ? RuntimeErrorCode::capability_missing
                                                          : RuntimeErrorCode::negotiation_failed;
  const char* at = code == RuntimeErrorCode::budget_exceeded ? "budgets.cost_micro_usd" : "model_plan";
  std::string message = code == RuntimeErrorCode::budget_exceeded
                            ? "the budget does not even pay for the first request:"
                            : "no model of the plan takes what was asked:";
  for (const events::RejectedModel& rejected : failed.rejected) {
    message += " " + rejected.model.str() + " (";
    for (const std::string& reason : rejected.reasons)
      message += (&reason == &rejected.reasons.front() ? "" : ", ") + reason;
    message += ")";
  }
  return RuntimeError{code, std::move(message), at, {}};
}

void on_start(Decider& decider, const event::inputs::Start& start) {
  if (start.spec.kind == RunKind::replay) return start_replay(decider, start);
  if (start.spec.kind == RunKind::undo) return start_undo(decider, start);
  if (start.spec.kind == RunKind::fork) return start_fork(decider, start);
  if (auto reason = reason_to_refuse(start.spec)) {
    decider.refuse(reason->code, std::move(reason->message), std::move(reason->at));
    return;
  }
  const events::HistoryRef& history = start.spec.history;
  if (history.items != start.history.size() || history.hash != event::context_hash(start.history)) {
    decider.refuse(RuntimeErrorCode::internal, "the history is not the one that the run refers to", "history");
    return;
  }
  decider.emit_start(start);
  for (events::ContextTrimmed& trimmed : trim_history(decider.facts().context, start.spec.history_limits)) {
    decider.emit(std::move(trimmed));
  }
  NegotiationBase base;
  base.request_tokens = request_tokens(decider.facts());
  auto choice = negotiate(start.spec, std::move(base));
  if (auto* failed = std::get_if<events::NegotiationFailed>(&choice)) {
    RuntimeError error = no_model_error(*failed);
    decider.emit(std::move(*failed));
    decider.end_with_error(std::move(error));
    return;
  }
  decider.emit(std::get<events::ModelSelected>(std::move(choice)));
  if (const auto at_us = run_deadline_us(decider.facts())) {
    decider.effect(event::effects::StartTimer{TimerKind::run, *at_us});
  }
  if (decider.facts().judges_input) {
    decider.effect(event::effects::EvaluateGates{});
  } else if (decider.facts().recalls) {
    decider.effect(retrieve_memory(decider.facts()));
  } else {
    decider.effect(acquire_slot(decider.facts(), std::get<Waiting>(decider.state().phase)));
  }
}

}  // namespace orchestrator::harness::kernel
