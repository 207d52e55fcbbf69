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

/// Wait for a place among the calls of this harness; answered by `SlotGranted`.
struct AcquireSlot {
  std::uint32_t attempt = 0;
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
  bool operator==(const CallProvider&) const = default;
};
/// Close the provider's socket; answered by `ProviderEnded`.
struct CancelProvider {
  std::uint32_t attempt = 0;
  bool operator==(const CancelProvider&) const = default;
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

using Effect = std::variant<effects::AcquireSlot, effects::ReleaseSlot, effects::CallProvider, effects::CancelProvider,
                            effects::StartTimer, effects::StopTimer>;

}  // namespace orchestrator::harness::event
