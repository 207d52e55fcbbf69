// SPDX-License-Identifier: Apache-2.0
#pragma once

// What a run wants done outside: the effects of `decide`, carried out by the runtime once their step is in the
// journal. Their results come back as inputs. Values without behaviour.

#include <cstdint>
#include <variant>
#include <vector>

#include "event/context_entry.hpp"
#include "orchestrator/harness/stream.hpp"

namespace orchestrator::harness::event {

namespace effects {

/// Wait until the run's clock reaches `not_before_us`, then for a place among the calls of this harness; answered by
/// `SlotGranted` or `SlotRefused`.
struct AcquireSlot {
  std::uint32_t attempt = 0;
  ModelRef model = {};
  std::uint64_t not_before_us = 0;
  bool is_retry = false;  // counts against what all runs of the harness may try again
  bool operator==(const AcquireSlot&) const = default;
};
/// Leave the queue: the slot is no longer wanted.
struct ReleaseSlot {
  std::uint32_t attempt = 0;
  bool operator==(const ReleaseSlot&) const = default;
};
/// Call the model; answered by `ProviderHeaders`, `ProviderChunk`s and, without a terminal part, `ProviderEnded`.
struct CallProvider {
  std::uint32_t attempt = 0;
  std::uint32_t turn = 0;
  ModelRef model;
  GenerationSettings settings;  // without what the model does not take
  std::vector<ContextEntry> context;
  AttemptPurpose purpose = AttemptPurpose::answer;  // a summary is asked for without system text and tools
  bool operator==(const CallProvider&) const = default;
};
/// Close the provider's socket; answered by `ProviderEnded`.
struct CancelProvider {
  std::uint32_t attempt = 0;
  bool operator==(const CancelProvider&) const = default;
};
/// Check a call's arguments and look at what it would do; answered by `ToolPrepared`.
struct PrepareTool {
  std::string call_id;
  std::string tool;
  std::string arguments;
  std::string idempotency_key;
  bool operator==(const PrepareTool&) const = default;
};
/// Carry a call out; its step is durable first. Answered by `ToolReturned`.
struct RunTool {
  std::string call_id;
  std::string tool;
  std::string arguments;
  std::string idempotency_key;
  std::uint32_t attempt = 1;
  ToolPreparation preparation;
  bool operator==(const RunTool&) const = default;
};
/// Stop a call, its processes with it; answered by `ToolReturned`, at the kill deadline at the latest.
struct CancelTool {
  std::string call_id;
  bool operator==(const CancelTool&) const = default;
};
/// Look whether a lost call has happened; answered by `ToolVerified`.
struct VerifyTool {
  std::string call_id;
  std::string tool;
  std::string arguments;
  std::string idempotency_key;
  std::optional<UndoRecord> undo;
  bool operator==(const VerifyTool&) const = default;
};
/// Look into the memory store; answered by `MemoryReturned`, at the deadline at the latest. Asked again it may find
/// something else: what counts is what the journal has.
struct RetrieveMemory {
  std::string query;
  std::string user;
  std::uint32_t hits_max = 0;
  std::uint64_t tokens_max = 0;
  std::uint64_t timeout_ms = 0;
  bool operator==(const RetrieveMemory&) const = default;
};
/// Leave a memory in the store; its step is durable first. Answered by `MemoryKept`. Asked again it stores nothing
/// twice.
struct StoreMemory {
  MemoryId id;
  MemoryLane lane = MemoryLane::episodic;
  std::string text;
  std::string user;
  WallTime created_at;
  std::uint64_t timeout_ms = 0;
  bool operator==(const StoreMemory&) const = default;
};
/// Judge the run's input by the rules that it is under; answered by `GateReturned`.
struct EvaluateGates {
  bool operator==(const EvaluateGates&) const = default;
};
/// Feed the other run's inputs to the kernel again and compare; answered by `ReplayReported`.
struct ReplaySource {
  events::ParentRef source;
  events::ReplayStarted order;
  bool operator==(const ReplaySource&) const = default;
};
/// Look once more at what a step of an undo would change; answered by `CompensationPrepared`.
struct PrepareCompensation {
  events::ParentRef source;
  std::uint32_t index = 0;
  UndoStep step;
  bool operator==(const PrepareCompensation&) const = default;
};
/// Take a call back; its step is durable first. Answered by `Compensated`. Asked again it does nothing twice.
struct Compensate {
  events::ParentRef source;
  std::uint32_t index = 0;
  UndoStep step;
  std::uint32_t attempt = 1;
  std::string idempotency_key;
  bool operator==(const Compensate&) const = default;
};
/// Fire once the run's clock reaches `at_us`; a second start of the same timer replaces the first.
struct StartTimer {
  TimerKind timer = TimerKind::run;
  std::uint64_t at_us = 0;
  bool operator==(const StartTimer&) const = default;
};
struct StopTimer {
  TimerKind timer = TimerKind::run;
  bool operator==(const StopTimer&) const = default;
};

}  // namespace effects

// Its copies, moves and end are compiled once, not in every file that holds an effect.
struct Effect
    : std::variant<effects::AcquireSlot, effects::ReleaseSlot, effects::CallProvider, effects::CancelProvider,
                   effects::PrepareTool, effects::RunTool, effects::CancelTool, effects::VerifyTool,
                   effects::RetrieveMemory, effects::StoreMemory, effects::EvaluateGates, effects::ReplaySource,
                   effects::PrepareCompensation, effects::Compensate, effects::StartTimer, effects::StopTimer> {
  using variant::variant;
  using variant::operator=;
  Effect();
  Effect(const Effect&);
  Effect(Effect&&) noexcept;
  Effect& operator=(const Effect&);
  Effect& operator=(Effect&&) noexcept;
  ~Effect();
  bool operator==(const Effect&) const;
};

}  // namespace orchestrator::harness::event
