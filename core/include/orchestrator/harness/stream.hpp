// SPDX-License-Identifier: Apache-2.0
#pragma once

// The events of a run: one type for journal, wire and callers. `StreamEvent` is an envelope and one of the payloads of
// `events.hpp`; `docs/harness/observability-track.md` says what each means and `schema/events.schema.json`
// is their JSON Schema. Events are values: nothing in them is shared with a later event, and any thread may
// read a copy.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "orchestrator/harness/derived_events.hpp"
#include "orchestrator/harness/events.hpp"

namespace orchestrator::harness {

/// The envelope of an event. `seq` starts at 1 and is dense; `elapsed_us` is monotonic since `RunStarted`.
struct EventMeta {
  RunId run_id;
  SessionId session_id;
  TraceId trace_id;
  SpanId span_id;
  std::optional<SpanId> parent_span_id;
  std::uint64_t seq = 0;
  WallTime at;
  std::uint64_t elapsed_us = 0;
  bool operator==(const EventMeta&) const = default;
};

/// One event of a run.
struct StreamEvent {
  using RunStarted = events::RunStarted;
  using ModelSelected = events::ModelSelected;
  using NegotiationFailed = events::NegotiationFailed;
  using ContextAssembled = events::ContextAssembled;
  using ContextTrimmed = events::ContextTrimmed;
  using ContextSummarised = events::ContextSummarised;
  using MemoryRetrieved = events::MemoryRetrieved;
  using MemoryStored = events::MemoryStored;
  using LoopSuspected = events::LoopSuspected;
  using GateEvaluated = events::GateEvaluated;
  using RedactionApplied = events::RedactionApplied;
  using ProviderRequested = events::ProviderRequested;
  using ProviderResponded = events::ProviderResponded;
  using OutputDelta = events::OutputDelta;
  using ReasoningDelta = events::ReasoningDelta;
  using ToolArgumentsDelta = events::ToolArgumentsDelta;
  using OutputItemCompleted = events::OutputItemCompleted;
  using UsageReported = events::UsageReported;
  using AttemptFinished = events::AttemptFinished;
  using AttemptFailed = events::AttemptFailed;
  using TimeoutFired = events::TimeoutFired;
  using RetryScheduled = events::RetryScheduled;
  using FallbackSelected = events::FallbackSelected;
  using CircuitOpened = events::CircuitOpened;
  using CircuitClosed = events::CircuitClosed;
  using ToolCallRequested = events::ToolCallRequested;
  using ToolCallStarted = events::ToolCallStarted;
  using ToolCallFinished = events::ToolCallFinished;
  using InterruptRaised = events::InterruptRaised;
  using InterruptResolved = events::InterruptResolved;
  using HintQueued = events::HintQueued;
  using HintDelivered = events::HintDelivered;
  using HintDropped = events::HintDropped;
  using CheckpointCreated = events::CheckpointCreated;
  using RunForked = events::RunForked;
  using ReplayStarted = events::ReplayStarted;
  using ReplayMatched = events::ReplayMatched;
  using ReplayDiverged = events::ReplayDiverged;
  using ReplayTokenIssued = events::ReplayTokenIssued;
  using UndoPlanned = events::UndoPlanned;
  using CompensationStarted = events::CompensationStarted;
  using CompensationFinished = events::CompensationFinished;
  using AbortRequested = events::AbortRequested;
  using RunPaused = events::RunPaused;
  using RunResumed = events::RunResumed;
  using Completed = events::Completed;
  using Error = events::Error;
  using Aborted = events::Aborted;
  using Unknown = events::Unknown;

  /// One of the types above, with all that a `std::variant` has (`std::visit`, `std::get_if`, `index`). Its copies,
  /// moves and end are compiled once, not in every file that holds an event. Moves do not throw.
  struct Payload
      : std::variant<RunStarted, ModelSelected, NegotiationFailed, ContextAssembled, ContextTrimmed, ContextSummarised,
                     MemoryRetrieved, MemoryStored, LoopSuspected, GateEvaluated, RedactionApplied, ProviderRequested,
                     ProviderResponded, OutputDelta, ReasoningDelta, ToolArgumentsDelta, OutputItemCompleted,
                     UsageReported, AttemptFinished, AttemptFailed, TimeoutFired, RetryScheduled, FallbackSelected,
                     CircuitOpened, CircuitClosed, ToolCallRequested, ToolCallStarted, ToolCallFinished,
                     InterruptRaised, InterruptResolved, HintQueued, HintDelivered, HintDropped, CheckpointCreated,
                     RunForked, ReplayStarted, ReplayMatched, ReplayDiverged, ReplayTokenIssued, UndoPlanned,
                     CompensationStarted, CompensationFinished, AbortRequested, RunPaused, RunResumed, Completed, Error,
                     Aborted, Unknown> {
    using variant::variant;
    using variant::operator=;
    Payload();
    Payload(const Payload&);
    Payload(Payload&&) noexcept;
    Payload& operator=(const Payload&);
    Payload& operator=(Payload&&) noexcept;
    ~Payload();
    bool operator==(const Payload&) const;
  };

  EventMeta meta;
  Payload payload;

  /// The payload as `T`, or null. Valid as long as this event.
  template <class T>
  [[nodiscard]] const T* get_if() const {
    return std::get_if<T>(&payload);
  }
  /// The type's name as in the journal, such as `OutputDelta`. Valid as long as this event.
  [[nodiscard]] std::string_view type() const;
  /// True for `Completed`, `Error` and `Aborted`: the last event of a run.
  [[nodiscard]] bool is_terminal() const;
  /// False for the soft events: the three deltas, `ContextAssembled`, `ProviderRequested`, `ProviderResponded`.
  [[nodiscard]] bool is_strict() const;
  /// The canonical JSON object, one line without a line end.
  [[nodiscard]] std::string json() const;

  bool operator==(const StreamEvent&) const = default;
};

}  // namespace orchestrator::harness
