// SPDX-License-Identifier: Apache-2.0
#pragma once

// A whole scenario played: the runs of one session, one after the other. What a program, a test and the search for a
// smaller scenario call. Pure: the same scenario gives the same outcome everywhere.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "sim/marks.hpp"
#include "sim/scenario.hpp"
#include "sim/step_judge.hpp"

namespace orchestrator::harness::sim {

/// What a scenario came to.
struct Outcome {
  std::optional<Failure> failure;
  Marks marks;
  std::uint64_t inputs = 0;
  std::uint64_t steps = 0;
  std::vector<std::string> lines;    // of all runs of the session, in order
  std::vector<std::string> derived;  // of the runs that were made out of them
};

[[nodiscard]] Outcome simulate(const Scenario& scenario);

/// The same failure with as little around it as could be found; plays at most `plays_max` scenarios on the way.
[[nodiscard]] Scenario shrink(Scenario scenario, const Failure& failure, std::uint64_t plays_max = 3'000);

/// A scenario as text for people: one line for each thing that happens.
[[nodiscard]] std::string describe(const Scenario& scenario);

}  // namespace orchestrator::harness::sim
