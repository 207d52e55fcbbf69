// SPDX-License-Identifier: Apache-2.0
// What holds of calls of tools and of the questions about them.
#include <algorithm>

#include "event/journal_invariants_check.hpp"

namespace orchestrator::harness::event {

void JournalInvariants::Check::operator()(const events::ToolCallRequested& event) const {
  at.require(!event.call_id.empty(), "required_fields", "ToolCallRequested without an id");
  at.require(!at.attempt_, "calls_after_answer", "a call was requested during an attempt");
  at.require(at.calls_.size() < at.calls_at_once_, "calls_serial",
             "a call was requested while as many are open as may be");
  at.require(event.turn == at.turns_done_, "turns_dense", "the call is not of the turn that ended last");
  if (at.require(!at.calls_due_.empty() && at.calls_due_.front() == event.call_id, "call_requested_once",
                 "call " + event.call_id + " is not the next one of the answer")) {
    at.calls_due_.erase(at.calls_due_.begin());
  }
  const bool may_run_twice = event.effect_class == EffectClass::pure || event.effect_class == EffectClass::idempotent;
  at.calls_[event.call_id] = {at.meta_.span_id, 0, false, {}, may_run_twice};
}

void JournalInvariants::Check::operator()(const events::ToolCallStarted& event) const {
  OpenCall* call = at.open_call(event.call_id, "ToolCallStarted");
  if (call == nullptr) return;
  at.require(!call->is_running && event.attempt == call->attempts + 1, "call_started_once",
             "call " + event.call_id + " runs already, or an attempt of it was left out");
  at.require(!event.idempotency_key.empty() && (call->key.empty() || call->key == event.idempotency_key),
             "idempotency_key", "call " + event.call_id + " has no key, or another one than before");
  at.require(!at.abort_, "no_effect_after_abort", "a call started after an abort was requested");
  at.require(!at.paused_us_, "no_call_while_paused", "a call started while paused");
  for (const auto& [id, call_id] : at.asked_) {
    at.require(call_id != event.call_id, "asked_before_start", "a call started before its question was answered");
  }
  call->attempts = event.attempt;
  call->is_running = true;
  call->key = event.idempotency_key;
}

void JournalInvariants::Check::operator()(const events::InterruptRaised& event) const {
  const OpenCall* call = at.open_call(event.call_id, "InterruptRaised");
  if (call == nullptr) return;
  const bool is_approval = event.kind == InterruptKind::approval;
  at.require(!call->is_running && (call->attempts == 0) == is_approval, "asked_before_start",
             "an approval is asked before the call, a clarification after its process is gone");
  at.require(!event.interrupt_id.is_zero() && !event.tool.empty(), "required_fields", "InterruptRaised without id");
  at.require(event.shown_hash == sha256(event.shown), "required_fields", "shown_hash is not that of what is shown");
  at.require(at.asked_.emplace(event.interrupt_id, event.call_id).second, "interrupt_resolved_once",
             "interrupt " + event.interrupt_id.str() + " was raised before");
}

void JournalInvariants::Check::operator()(const events::InterruptResolved& event) const {
  at.require(at.asked_.erase(event.interrupt_id) == 1, "interrupt_resolved_once",
             "interrupt " + event.interrupt_id.str() + " is not open");
  at.require(!event.by.empty(), "required_fields", "InterruptResolved does not say by whom");
}

void JournalInvariants::Check::operator()(const events::ToolCallFinished& event) const {
  if (const OpenCall* call = at.open_call(event.call_id, "ToolCallFinished")) {
    const bool ran = event.outcome == ToolOutcome::ok || event.outcome == ToolOutcome::unknown;
    const bool is_told = std::ranges::find(at.substituted_, event.call_id) != at.substituted_.end();
    at.require(!ran || call->attempts > 0 || is_told, "call_started_once",
               "call " + event.call_id + " has the outcome of a call that ran, and never started");
    for (const auto& [id, call_id] : at.asked_) {
      at.require(call_id != event.call_id, "interrupt_resolved_once", "a call ended with its question open");
    }
  }
  at.calls_.erase(event.call_id);
  at.tool_us_ += event.latency_us;
  at.require(event.error.has_value() == (event.outcome != ToolOutcome::ok), "required_fields",
             "a call has an error exactly when it is not ok");
  if (event.error) at.check_error(*event.error);
}

JournalInvariants::OpenCall* JournalInvariants::open_call(const std::string& call_id, std::string_view type) {
  const auto found = calls_.find(call_id);
  if (found == calls_.end()) {
    report("call_finished_once", std::string(type) + " of call " + call_id + ", which is not open");
    return nullptr;
  }
  if (found->second.span.is_zero()) found->second.span = meta_.span_id;
  require(found->second.span == meta_.span_id, "spans", "an event of a call stands outside of the call's span");
  return &found->second;
}

}  // namespace orchestrator::harness::event
