// SPDX-License-Identifier: Apache-2.0
#pragma once

// The working side of one decision: emits events with their envelopes, and keeps the state that they lead to. The
// copy of the state is made only when a decision needs it, so that a chunk of deltas costs no copy. One use, one
// thread.

#include <optional>
#include <string>
#include <utility>

#include "kernel/decide.hpp"
#include "kernel/evolve.hpp"

namespace orchestrator::harness::kernel {

class Decider;

/// One call among those of the present answer.
struct CallPlace {
  std::uint32_t turn = 0;
  std::size_t index = 0;
  /// A copy: the state moves on with the next event.
  [[nodiscard]] ToolCallProgress call(Decider& decider) const;
};

class Decider {
 public:
  /// `redacted`: what was taken out of the input. Its event comes with the first of the others, and not without one.
  Decider(const State& base, event::Now now, std::vector<events::RedactionCount> redacted = {})
      : base_(base), now_(now), redacted_(std::move(redacted)) {}
  Decider(const Decider&) = delete;
  Decider& operator=(const Decider&) = delete;

  /// The state with all events emitted so far.
  const State& state();
  const Facts& facts() { return state().facts; }
  /// The state before this decision.
  [[nodiscard]] const State& base() const { return base_; }
  [[nodiscard]] std::uint64_t now_us() const { return now_.elapsed_us; }

  /// Emits an event of the run's own span, of an attempt's, or of a call's.
  void emit(StreamEvent::Payload payload);
  void emit_in_attempt(std::uint32_t attempt, StreamEvent::Payload payload);
  void emit_in_call(const CallPlace& place, StreamEvent::Payload payload);
  /// Emits the first event, whose identity no state holds yet.
  void emit_start(const event::inputs::Start& start);
  void effect(event::Effect effect) { decision_.effects.push_back(std::move(effect)); }
  void first_effect(event::Effect effect) { decision_.effects.insert(decision_.effects.begin(), std::move(effect)); }
  void refuse(RuntimeErrorCode code, std::string message, std::string at = {});

  /// Ends the run with an error: drops queued hints and stops the run's timer.
  void end_with_error(Error error);
  void end_aborted(const events::AbortRequested& abort);
  void end_completed(FinishReason reason);

  [[nodiscard]] Decision take() { return std::move(decision_); }
  /// True once this decision has paused the run.
  [[nodiscard]] bool has_paused() const;
  [[nodiscard]] std::size_t emitted() const { return decision_.events.size(); }

 private:
  EventMeta meta(const event::RunIdentity& identity, const events::RunStarted& spec);
  const Facts& known_facts();
  void emit_redaction();
  void emit_in_span(const SpanId& span, StreamEvent::Payload payload);
  void push(EventMeta meta, StreamEvent::Payload payload);
  void drop_hints();
  void stop_timers();
  Latencies latencies();

  const State& base_;
  event::Now now_;
  std::vector<events::RedactionCount> redacted_;  // until its event is emitted
  std::optional<State> copy_;                     // base_ plus the first `folded_` events
  std::size_t folded_ = 0;
  Decision decision_;
};

// One function for each input; each in the file of its noun.
void on_start(Decider& decider, const event::inputs::Start& start);
void on_slot_granted(Decider& decider, const event::inputs::SlotGranted& input);
void on_slot_refused(Decider& decider, const event::inputs::SlotRefused& input);
void on_provider_headers(Decider& decider, const event::inputs::ProviderHeaders& input);
void on_provider_chunk(Decider& decider, const event::inputs::ProviderChunk& input);
void on_provider_ended(Decider& decider, const event::inputs::ProviderEnded& input);
void on_tool_prepared(Decider& decider, const event::inputs::ToolPrepared& input);
void on_tool_returned(Decider& decider, const event::inputs::ToolReturned& input);
void on_tool_verified(Decider& decider, const event::inputs::ToolVerified& input);
void on_gate_returned(Decider& decider, const event::inputs::GateReturned& input);
void on_memory_returned(Decider& decider, const event::inputs::MemoryReturned& input);
void on_memory_kept(Decider& decider, const event::inputs::MemoryKept& input);
void on_effect_lost(Decider& decider, const event::inputs::EffectLost& input);
void on_timer_fired(Decider& decider, const event::inputs::TimerFired& input);
void on_abort(Decider& decider, const event::inputs::Abort& input);
void on_hint(Decider& decider, const event::inputs::Hint& input);
void on_pause(Decider& decider, const event::inputs::Pause& input);
void on_resume(Decider& decider, const event::inputs::Resume& input);
void on_recover(Decider& decider, const event::inputs::Recover& input);
void on_resolve(Decider& decider, const event::inputs::Resolve& input);
void on_checkpoint(Decider& decider, const event::inputs::Checkpoint& input);
void on_issue_token(Decider& decider, const event::inputs::IssueToken& input);
void on_replay_reported(Decider& decider, const event::inputs::ReplayReported& input);
void on_compensation_prepared(Decider& decider, const event::inputs::CompensationPrepared& input);
void on_compensated(Decider& decider, const event::inputs::Compensated& input);
/// Accepting a run that replays another one, takes calls of another one back, or goes on from a point of another one.
void start_replay(Decider& decider, const event::inputs::Start& start);
void start_undo(Decider& decider, const event::inputs::Start& start);
void start_fork(Decider& decider, const event::inputs::Start& start);

/// The room in its journal that every run keeps for its closing events: hints to drop, calls to answer, the terminal
/// event.
[[nodiscard]] std::uint64_t closing_events(const events::RunStarted& spec);

/// Completes a run that only waits for its memory to be stored (`is_keeping`), without it.
void give_up_keeping(Decider& decider, const std::string& reason);

/// After an answer, or on the word to go on: completes the run, or asks for the next turn's slot. Does nothing while
/// the run is paused.
void advance(Decider& decider);

}  // namespace orchestrator::harness::kernel
