// SPDX-License-Identifier: Apache-2.0
#pragma once

// What can happen to a run from outside: the inputs of `decide`. Each carries `now`; nothing in the kernel
// reads a clock. Values without behaviour.

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "event/context_entry.hpp"
#include "event/provider_part.hpp"
#include "orchestrator/harness/stream.hpp"

namespace orchestrator::harness::event {

/// The moment of an input. `elapsed_us` is the run's own monotonic clock, 0 at its start, and never goes back.
struct Now {
  WallTime wall;
  std::uint64_t elapsed_us = 0;
  bool operator==(const Now&) const = default;
};

/// Who the run is: drawn by the runtime, the same in every envelope.
struct RunIdentity {
  RunId run_id;
  SessionId session_id;
  TraceId trace_id;
  std::optional<SpanId> parent_span_id;  // of the caller's trace
  bool operator==(const RunIdentity&) const = default;
};

namespace inputs {

/// What a run has to do with the run that it is made out of.
using Derivation = std::variant<std::monostate, events::RunForked, events::ReplayStarted, events::UndoPlanned>;

/// Accept a run. `spec` is what `RunStarted` will hold; `history` is the session's context before it.
struct Start {
  RunIdentity identity;
  events::RunStarted spec;
  std::vector<ContextEntry> history;
  Derivation derivation = {};  // of a run that is made out of another one
  bool operator==(const Start&) const = default;
};
struct SlotGranted {
  std::uint32_t attempt = 0;
  bool is_probe = false;  // the model's circuit is open: this call shows whether it works again
  bool operator==(const SlotGranted&) const = default;
};
enum class SlotRefusal : std::uint8_t { circuit_open, retry_budget };
/// The attempt may not be made now: its model is left alone after failures, or the harness has tried again too often.
struct SlotRefused {
  std::uint32_t attempt = 0;
  SlotRefusal reason = SlotRefusal::circuit_open;
  std::uint64_t open_ms = 0;  // until the circuit lets a call through
  bool operator==(const SlotRefused&) const = default;
};
struct ProviderHeaders {
  std::uint32_t attempt = 0;
  std::uint32_t status = 0;
  std::string provider_request_id;
  bool operator==(const ProviderHeaders&) const = default;
};
/// Decoded parts of one flush window, neighbouring pieces joined. Usage comes only with the end of the answer.
struct ProviderChunk {
  std::uint32_t attempt = 0;
  std::vector<ProviderPart> parts;
  std::vector<GateVerdict> gates = {};  // what rules say of the text that came
  bool operator==(const ProviderChunk&) const = default;
};
/// The call ended without a terminal part: it failed on the way, passed a deadline, or was cancelled.
struct ProviderEnded {
  std::uint32_t attempt = 0;
  harness::Error error;
  std::optional<TimerKind> timer;  // the deadline that ended it
  std::uint64_t timer_ms = 0;
  Usage usage;                             // what was known of it
  std::optional<RetryAdvice> advice = {};  // what the provider says of another attempt
  std::vector<GateVerdict> gates = {};     // what rules say of the text that came
  bool operator==(const ProviderEnded&) const = default;
};
/// What a look at a call found: what it would do, or why it cannot run.
struct ToolPrepared {
  std::string call_id;
  ToolPreparation preparation;
  std::optional<harness::Error> error;
  std::vector<GateVerdict> gates = {};  // what rules say of the call
  bool operator==(const ToolPrepared&) const = default;
};
/// A call that was running has ended, by itself or because it was cancelled.
struct ToolReturned {
  std::string call_id;
  std::uint32_t attempt = 1;
  ToolOutcome outcome = ToolOutcome::ok;
  std::vector<ContentPart> result;
  std::optional<harness::Error> error;
  std::optional<SharedBytes> full_output;
  bool operator==(const ToolReturned&) const = default;
};
/// What is in the world of a call that was lost.
struct ToolVerified {
  std::string call_id;
  VerifiedState state = VerifiedState::unknown;
  std::vector<ContentPart> result;  // of a call that happened, where it can still be told
  std::string detail;
  bool operator==(const ToolVerified&) const = default;
};
/// What rules say of the run's input.
struct GateReturned {
  std::vector<GateVerdict> gates;  // at least one
  bool operator==(const GateReturned&) const = default;
};
/// What the look into the memory store has found.
struct MemoryReturned {
  std::vector<events::RetrievedMemory> hits;  // best first
  std::uint64_t latency_us = 0;
  std::optional<std::uint64_t> cost_micro_usd = 0;
  std::optional<harness::Error> error;
  bool operator==(const MemoryReturned&) const = default;
};
/// What has come of leaving a memory in the store.
struct MemoryKept {
  MemoryId id;
  std::uint64_t tokens = 0;  // of its text, by estimate
  std::uint64_t latency_us = 0;
  std::optional<std::uint64_t> cost_micro_usd = 0;
  std::optional<harness::Error> error;
  bool operator==(const MemoryKept&) const = default;
};
struct TimerFired {
  TimerKind timer = TimerKind::run;
  bool operator==(const TimerFired&) const = default;
};
/// An effect that had started is gone with its process: a provider call, or a tool call.
struct EffectLost {
  std::uint32_t attempt = 0;  // of the provider call, or 0
  std::string call_id;        // of the tool call, or empty
  bool operator==(const EffectLost&) const = default;
};
struct Abort {
  AbortMode mode = AbortMode::now;
  std::string by;
  std::optional<std::uint32_t> expected_turn;
  bool operator==(const Abort&) const = default;
};
struct Hint {
  HintId hint_id;
  HintPriority priority = HintPriority::asap;
  std::string text;
  std::string by;
  std::optional<std::uint64_t> expires_us;  // on the run's clock
  std::optional<std::uint32_t> expected_turn;
  bool operator==(const Hint&) const = default;
};
struct Pause {
  std::string by;
  bool operator==(const Pause&) const = default;
};
struct Resume {
  std::string by;
  bool operator==(const Resume&) const = default;
};
/// A process has taken the run over from one that died. What it lost comes next, as `EffectLost`.
struct Recover {
  std::string by;
  std::uint64_t epoch = 0;  // of the store: rises when events that may have been seen are gone
  std::optional<std::uint64_t> discarded_after;
  bool operator==(const Recover&) const = default;
};
/// The answer to an interrupt.
struct Resolve {
  InterruptId interrupt_id;
  InterruptDecision decision = InterruptDecision::deny;
  std::string by;
  std::string reason;
  bool operator==(const Resolve&) const = default;
};
struct Checkpoint {
  std::string label;
  std::string by;
  bool operator==(const Checkpoint&) const = default;
};

/// Note that a token for a point of this run was handed out.
struct IssueToken {
  std::uint64_t to_seq = 0;
  std::string token;
  std::string by;
  bool operator==(const IssueToken&) const = default;
};
/// What replaying the other run has shown: one of the first two, or why it could not be replayed at all.
struct ReplayReported {
  std::optional<events::ReplayMatched> matched;
  std::optional<events::ReplayDiverged> diverged;
  std::optional<harness::Error> error;
  bool operator==(const ReplayReported&) const = default;
};
/// What a second look found, right before a step of an undo acts.
struct CompensationPrepared {
  std::uint32_t index = 0;
  std::optional<UndoRecord> undo;  // by which the step itself can be taken back
  std::vector<ToolTarget> targets;
  UndoVerdict verdict = UndoVerdict::restorable;
  std::vector<UndoConflict> conflicts;
  std::optional<harness::Error> error;
  bool operator==(const CompensationPrepared&) const = default;
};
/// A step of an undo has acted.
struct Compensated {
  std::uint32_t index = 0;
  std::uint32_t attempt = 1;
  CompensationOutcome outcome = CompensationOutcome::restored;
  std::vector<UndoConflict> conflicts;
  std::optional<harness::Error> error;
  bool operator==(const Compensated&) const = default;
};

}  // namespace inputs

struct Input {
  // Its copies, moves and end are compiled once, not in every file that holds an input.
  struct Value : std::variant<inputs::Start, inputs::SlotGranted, inputs::SlotRefused, inputs::ProviderHeaders,
                              inputs::ProviderChunk, inputs::ProviderEnded, inputs::ToolPrepared, inputs::ToolReturned,
                              inputs::ToolVerified, inputs::MemoryReturned, inputs::MemoryKept, inputs::GateReturned,
                              inputs::TimerFired, inputs::EffectLost, inputs::Abort, inputs::Hint, inputs::Pause,
                              inputs::Resume, inputs::Recover, inputs::Resolve, inputs::Checkpoint, inputs::IssueToken,
                              inputs::ReplayReported, inputs::CompensationPrepared, inputs::Compensated> {
    using variant::variant;
    using variant::operator=;
    Value();
    Value(const Value&);
    Value(Value&&) noexcept;
    Value& operator=(const Value&);
    Value& operator=(Value&&) noexcept;
    ~Value();
    bool operator==(const Value&) const;
  };
  Now now;
  Value value;
  std::vector<events::RedactionCount> redacted = {};  // what was taken out of it before
  bool operator==(const Input&) const = default;
};

}  // namespace orchestrator::harness::event
