// SPDX-License-Identifier: Apache-2.0
#pragma once

// The persisted name of each alternative of the stored variants, in the order of the variant. Names are never
// reused or renamed. Compile-time tables without behaviour.

#include <array>
#include <string_view>
#include <utility>
#include <variant>

#include "event/input.hpp"
#include "orchestrator/harness/stream.hpp"

namespace orchestrator::harness::event {

template <class Variant>
struct VariantNames;

template <>
struct VariantNames<StreamEvent::Payload> {
  static constexpr auto kNames = std::to_array<std::string_view>({"RunStarted",
                                                                  "ModelSelected",
                                                                  "NegotiationFailed",
                                                                  "ContextAssembled",
                                                                  "ContextTrimmed",
                                                                  "ContextSummarised",
                                                                  "MemoryRetrieved",
                                                                  "MemoryStored",
                                                                  "LoopSuspected",
                                                                  "GateEvaluated",
                                                                  "RedactionApplied",
                                                                  "ProviderRequested",
                                                                  "ProviderResponded",
                                                                  "OutputDelta",
                                                                  "ReasoningDelta",
                                                                  "ToolArgumentsDelta",
                                                                  "OutputItemCompleted",
                                                                  "UsageReported",
                                                                  "AttemptFinished",
                                                                  "AttemptFailed",
                                                                  "TimeoutFired",
                                                                  "RetryScheduled",
                                                                  "FallbackSelected",
                                                                  "CircuitOpened",
                                                                  "CircuitClosed",
                                                                  "ToolCallRequested",
                                                                  "ToolCallStarted",
                                                                  "ToolCallFinished",
                                                                  "InterruptRaised",
                                                                  "InterruptResolved",
                                                                  "HintQueued",
                                                                  "HintDelivered",
                                                                  "HintDropped",
                                                                  "CheckpointCreated",
                                                                  "RunForked",
                                                                  "ReplayStarted",
                                                                  "ReplayMatched",
                                                                  "ReplayDiverged",
                                                                  "ReplayTokenIssued",
                                                                  "UndoPlanned",
                                                                  "CompensationStarted",
                                                                  "CompensationFinished",
                                                                  "AbortRequested",
                                                                  "RunPaused",
                                                                  "RunResumed",
                                                                  "Completed",
                                                                  "Error",
                                                                  "Aborted",
                                                                  "Unknown"});
};
template <>
struct VariantNames<ContentPart> {
  static constexpr auto kNames = std::to_array<std::string_view>({"text", "image", "audio", "video", "file", "json"});
};
template <>
struct VariantNames<ItemValue> {
  static constexpr auto kNames =
      std::to_array<std::string_view>({"message", "reasoning", "refusal", "tool_call", "tool_result", "other"});
};
template <>
struct VariantNames<ProviderPart> {
  static constexpr auto kNames =
      std::to_array<std::string_view>({"text", "reasoning", "tool_arguments", "item", "usage", "finished", "failed"});
};
template <>
struct VariantNames<Input::Value> {
  static constexpr auto kNames =
      std::to_array<std::string_view>({"Start",         "SlotGranted",    "SlotRefused",    "ProviderHeaders",
                                       "ProviderChunk", "ProviderEnded",  "ToolPrepared",   "ToolReturned",
                                       "ToolVerified",  "MemoryReturned", "MemoryKept",     "GateReturned",
                                       "TimerFired",    "EffectLost",     "Abort",          "Hint",
                                       "Pause",         "Resume",         "Recover",        "Resolve",
                                       "Checkpoint",    "IssueToken",     "ReplayReported", "CompensationPrepared",
                                       "Compensated"});
};

// The `std::variant` that a type is or derives from.
template <class... Alternatives>
std::variant<Alternatives...> variant_of(const std::variant<Alternatives...>&);
template <class Variant>
using VariantOf = decltype(variant_of(std::declval<const Variant&>()));

template <class Variant>
constexpr std::string_view name_of_index(std::size_t index) {
  static_assert(VariantNames<Variant>::kNames.size() == std::variant_size_v<VariantOf<Variant>>);
  return VariantNames<Variant>::kNames.at(index);
}

}  // namespace orchestrator::harness::event
