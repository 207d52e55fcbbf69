// SPDX-License-Identifier: Apache-2.0
#pragma once

// What each payload must satisfy in its place of the journal, and what it changes for the ones after it. A part of
// `JournalInvariants`: those of the run in `journal_invariants.cpp`, of attempts in `journal_invariants_attempt.cpp`,
// of calls in `journal_invariants_call.cpp`.

#include <cstdint>
#include <optional>
#include <string>

#include "event/journal_invariants.hpp"

namespace orchestrator::harness::event {

struct JournalInvariants::Check {
  JournalInvariants& at;

  void operator()(const events::RunStarted& event) const;
  void operator()(const events::ModelSelected& event) const;
  void operator()(const events::NegotiationFailed& event) const;
  void operator()(const events::ContextTrimmed& event) const;
  void operator()(const events::ContextSummarised& event) const { at.is_open(event.attempt, "ContextSummarised"); }
  void operator()(const events::MemoryRetrieved& event) const { see_side_call(event.cost_micro_usd, event.error); }
  void operator()(const events::MemoryStored& event) const { see_side_call(event.cost_micro_usd, event.error); }
  void operator()(const events::LoopSuspected&) const {}
  void operator()(const events::GateEvaluated& event) const { see_side_call(event.cost_micro_usd, event.error); }
  void operator()(const events::RedactionApplied& event) const;
  void operator()(const events::ContextAssembled& event) const;
  void operator()(const events::ProviderRequested& event) const { request(event); }
  void operator()(const events::ProviderResponded& event) const;
  void operator()(const events::OutputDelta& e) const;
  void operator()(const events::ReasoningDelta& e) const;
  void operator()(const events::ToolArgumentsDelta& e) const;
  void operator()(const events::OutputItemCompleted& event) const { complete_item(event); }
  void operator()(const events::UsageReported& event) const;
  void operator()(const events::AttemptFinished& event) const;
  void operator()(const events::AttemptFailed& event) const;
  void operator()(const events::RetryScheduled& event) const;
  void operator()(const events::FallbackSelected& event) const;
  void operator()(const events::CircuitOpened& event) const;
  void operator()(const events::CircuitClosed& event) const;
  void operator()(const events::TimeoutFired& event) const;
  void operator()(const events::ToolCallRequested& event) const;
  void operator()(const events::ToolCallStarted& event) const;
  void operator()(const events::InterruptRaised& event) const;
  void operator()(const events::InterruptResolved& event) const;
  void operator()(const events::ToolCallFinished& event) const;
  void operator()(const events::HintQueued& event) const;
  void operator()(const events::HintDelivered& event) const;
  void operator()(const events::HintDropped& event) const;
  void operator()(const events::CheckpointCreated& event) const;
  // `DerivedInvariants` has what holds of these.
  void operator()(const events::RunForked& event) const;
  void operator()(const events::ReplayStarted&) const {}
  void operator()(const events::ReplayMatched&) const {}
  void operator()(const events::ReplayDiverged&) const {}
  void operator()(const events::ReplayTokenIssued&) const {}
  void operator()(const events::UndoPlanned&) const {}
  void operator()(const events::CompensationStarted&) const {}
  void operator()(const events::CompensationFinished& event) const;
  void operator()(const events::AbortRequested& event) const;
  void operator()(const events::RunPaused&) const;
  void operator()(const events::RunResumed& event) const;
  void operator()(const events::Completed& event) const;
  void operator()(const events::Error& event) const;
  void operator()(const events::Aborted& event) const;
  void operator()(const events::Unknown& event) const;

 private:
  // A failed attempt is followed by another one: said once, for the next attempt, and as its output allows.
  bool goes_on(std::uint32_t next_attempt, std::uint32_t turn, const std::string& reason, RetryMode mode) const;
  void request(const events::ProviderRequested& event) const;
  void complete_item(const events::OutputItemCompleted& event) const;
  // What was asked of an embedding is a part of the run's cost; what asked none cost nothing.
  void see_side_call(const std::optional<std::uint64_t>& cost, const std::optional<harness::Error>& error) const;
  void end_hint(const HintId& hint_id) const;
};

}  // namespace orchestrator::harness::event
