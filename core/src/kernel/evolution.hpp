// SPDX-License-Identifier: Apache-2.0
#pragma once

// What each event changes in the state: one overload a payload, and what several of them do. The parts lie in
// `evolve.cpp` (the run, hints and commands), `evolve_context.cpp`, `evolve_attempt.cpp` and `evolve_call.cpp`. Pure.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "kernel/fork_state.hpp"
#include "kernel/state.hpp"

namespace orchestrator::harness::kernel {

/// The folding of one event. Both must outlive it.
class Evolution {
 public:
  Evolution(State& state, const EventMeta& meta) : state_(state), facts_(state.facts), meta_(meta) {}
  void operator()(const events::RunStarted& event);
  void operator()(const events::ModelSelected& event) { facts_.model = event; }
  void operator()(const events::NegotiationFailed&) {}
  void operator()(const events::ContextTrimmed& event);
  void operator()(const events::ContextAssembled& event);
  void operator()(const events::ContextSummarised& event);
  void operator()(const events::MemoryRetrieved& event);
  void operator()(const events::GateEvaluated& event);
  void operator()(const events::RedactionApplied&) {}
  void operator()(const events::MemoryStored& event);
  void operator()(const events::LoopSuspected& event) { facts_.loops.warned(event.tool, event.argument_hash); }
  void operator()(const events::ProviderRequested& event);
  void operator()(const events::ProviderResponded& event);
  void operator()(const events::OutputDelta& event) { extend(event.item_id, ItemKind::text, event.text); }
  void operator()(const events::ReasoningDelta& event) { extend(event.item_id, ItemKind::reasoning, event.text); }
  void operator()(const events::ToolArgumentsDelta& event) { extend(event.item_id, ItemKind::tool_call, event.text); }
  void operator()(const events::OutputItemCompleted& event);
  void operator()(const events::UsageReported& event);
  void operator()(const events::AttemptFinished& event);
  void operator()(const events::AttemptFailed& event);
  void operator()(const events::RetryScheduled& event);
  void operator()(const events::FallbackSelected& event);
  void operator()(const events::CircuitOpened&) {}
  void operator()(const events::CircuitClosed&) {}
  void operator()(const events::TimeoutFired& event);
  void operator()(const events::ToolCallRequested& event);
  void operator()(const events::ToolCallStarted& event);
  void operator()(const events::ToolCallFinished& event);
  void operator()(const events::InterruptRaised& event);
  void operator()(const events::InterruptResolved& event);
  void operator()(const events::HintQueued& event);
  void operator()(const events::HintDelivered& event);
  void operator()(const events::HintDropped& event);
  void operator()(const events::CheckpointCreated&) {}
  void operator()(const events::RunForked& event) { substitute(state_, event); }
  void operator()(const events::ReplayStarted& event) { state_.phase = Replaying{event}; }
  void operator()(const events::ReplayMatched&) {}
  void operator()(const events::ReplayDiverged&) {}
  void operator()(const events::ReplayTokenIssued&) {}
  void operator()(const events::UndoPlanned& event) { state_.phase = Undoing{event, 0, {}, 0, 0, 0}; }
  void operator()(const events::CompensationStarted& event);
  void operator()(const events::CompensationFinished& event);
  void operator()(const events::AbortRequested& event);
  void operator()(const events::RunPaused&);
  void operator()(const events::RunResumed& event);
  void operator()(const events::Completed&) { end("Completed"); }
  void operator()(const events::Error&) { end("Error"); }
  void operator()(const events::Aborted& event);
  void operator()(const events::Unknown&) {}

 private:
  // A run without a stance marks nothing; a later one of its session must know all the same.
  [[nodiscard]] bool is_unmarked(const ToolCallProgress& call, const events::ToolCallFinished& event) const;
  void note_untrusted(std::string_view from);
  void spend(std::uint64_t micro_usd);
  // Zero is no part of the run's sum: no other model was asked.
  void add_side_cost(const std::optional<std::uint64_t>& micro_usd);
  // The run goes back to where it was, with the next attempt.
  void end_summary(const Attempt& attempt);
  // What the next attempt goes on from: the text so far, and a request for the rest of it.
  void keep_output(RetryMode mode);
  Attempt* current_attempt();
  static ItemProgress& progress_of(Attempt& attempt, const std::string& item_id, ItemKind kind);
  void extend(const std::string& item_id, ItemKind kind, const std::string& text);
  void note_first_output();
  ToolCallProgress* current_call(const std::string& call_id);
  [[nodiscard]] std::uint64_t ran_us(const ToolCallProgress& call) const;
  // Once the last call has its result, the results go to the model in the order of the calls.
  void finish_calls();
  void wait_after(const Acting& acting);
  void update_parking();
  void end(const char* terminal) { state_.phase = Ended{terminal}; }

  State& state_;
  Facts& facts_;
  const EventMeta& meta_;
};

}  // namespace orchestrator::harness::kernel
