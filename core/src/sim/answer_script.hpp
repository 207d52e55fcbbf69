// SPDX-License-Identifier: Apache-2.0
#pragma once

// The simulated provider: what it sends in one call, and when.
// Pure functions on plans.

#include <cstdint>
#include <utility>
#include <vector>

#include "sim/scenario.hpp"

namespace orchestrator::harness::sim {

/// What arrives in one call, each with the time from the call to its arrival, in order.
[[nodiscard]] std::vector<std::pair<std::uint64_t, event::Input::Value>> script_of(const AnswerPlan& plan,
                                                                                   std::uint32_t attempt);

/// The answer to calls that a scenario says nothing about: one word.
[[nodiscard]] AnswerPlan plain_answer();

/// How a call ends whose socket was closed on order.
[[nodiscard]] event::inputs::ProviderEnded cancelled_call(std::uint32_t attempt);

}  // namespace orchestrator::harness::sim
