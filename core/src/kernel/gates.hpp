// SPDX-License-Identifier: Apache-2.0
#pragma once

// What becomes of the verdicts of rules. Pure.

#include <optional>
#include <span>

#include "orchestrator/harness/events.hpp"

namespace orchestrator::harness::kernel {

/// True where the run is under rules of this phase.
[[nodiscard]] bool has_gates(const events::RunStarted& spec, GatePhase phase);

/// The first verdict that stops what was judged, or null. Valid as long as `gates`.
[[nodiscard]] const GateVerdict* blocking(std::span<const GateVerdict> gates);

/// What the run, or the call, is told of a verdict that blocks.
[[nodiscard]] std::string blocked_message(const GateVerdict& verdict);

/// What an answer fails with that a rule stops.
[[nodiscard]] Error blocked_answer(const GateVerdict& verdict);

}  // namespace orchestrator::harness::kernel
