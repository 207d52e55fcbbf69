// SPDX-License-Identifier: Apache-2.0
// Accepting a run: its limits, its history, its model.
#include "event/hash_chain.hpp"
#include "kernel/decider.hpp"
#include "kernel/history_trim.hpp"
#include "kernel/negotiation.hpp"

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

// The reason why this run cannot be accepted at all, or nothing.
std::optional<RuntimeError> reason_to_refuse(const event::inputs::Start& start) {
  const events::RunStarted& spec = start.spec;
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
  if (spec.budgets.cost_micro_usd) {
    return RuntimeError{RuntimeErrorCode::budget_unpriced,
                        "a money budget needs a priced model, and this version knows no prices (they come with 0.1.2)",
                        "budgets.cost_micro_usd",
                        {}};
  }
  if (spec.history.items != start.history.size() || spec.history.hash != event::context_hash(start.history)) {
    return RuntimeError{RuntimeErrorCode::internal, "the history is not the one that the run refers to", "history", {}};
  }
  return std::nullopt;
}

}  // namespace

void on_start(Decider& decider, const event::inputs::Start& start) {
  if (auto reason = reason_to_refuse(start)) {
    decider.refuse(reason->code, std::move(reason->message), std::move(reason->at));
    return;
  }
  decider.emit_start(start);
  for (events::ContextTrimmed& trimmed : trim_history(decider.facts().context, start.spec.history_limits)) {
    decider.emit(std::move(trimmed));
  }
  auto choice = negotiate(start.spec);
  if (auto* failed = std::get_if<events::NegotiationFailed>(&choice)) {
    std::string message = "no model of the plan takes what was asked:";
    for (const events::RejectedModel& rejected : failed->rejected) {
      message += " " + rejected.model.str() + " (";
      for (const std::string& reason : rejected.reasons)
        message += (&reason == &rejected.reasons.front() ? "" : ", ") + reason;
      message += ")";
    }
    decider.emit(std::move(*failed));
    decider.end_with_error(RuntimeError{RuntimeErrorCode::capability_missing, std::move(message), "model_plan", {}});
    return;
  }
  decider.emit(std::get<events::ModelSelected>(std::move(choice)));
  if (const auto at_us = run_deadline_us(decider.facts())) {
    decider.effect(event::effects::StartTimer{TimerKind::run, *at_us});
  }
  decider.effect(event::effects::AcquireSlot{1});
}

}  // namespace orchestrator::harness::kernel
