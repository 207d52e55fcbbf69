// SPDX-License-Identifier: Apache-2.0
#pragma once

// From a seed to everything that happens in one simulation. Kinds of trouble are switched on by half-chances, so that
// each comes up alone, in company, and not at all. Pure: the same seed gives the same scenario everywhere.

#include "sim/scenario.hpp"

namespace orchestrator::harness::sim {

[[nodiscard]] Scenario draw_scenario(std::uint64_t seed);

}  // namespace orchestrator::harness::sim
