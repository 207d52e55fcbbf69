// SPDX-License-Identifier: Apache-2.0
#pragma once

// Scenarios written by hand, each for one story that a reader of journals should know: what golden journals are made
// from. Values; for tests.

#include <string>
#include <vector>

#include "sim/scenario.hpp"

namespace orchestrator::harness::sim {

struct NamedScenario {
  std::string name;
  Scenario scenario;
};

/// All of them, in order of name.
[[nodiscard]] std::vector<NamedScenario> named_scenarios();

}  // namespace orchestrator::harness::sim
