// SPDX-License-Identifier: Apache-2.0
#pragma once

// Plots as inline SVG, coloured by the classes of the page that they stand in. Pure functions; all text is escaped.

#include <optional>
#include <string>
#include <vector>

#include "orchestrator/harness/eval_results.hpp"

namespace orchestrator::harness::evals {

/// A bar from 0 to 1 with its interval.
struct Bar {
  std::string label;
  double value = 0;
  std::optional<Interval> interval;
};
/// Bars below one another, on an axis from 0 to 1. Empty without bars.
[[nodiscard]] std::string bar_plot(const std::vector<Bar>& bars);

/// How many values are in each tenth from 0 to 1. Empty without values.
[[nodiscard]] std::string histogram(const std::vector<double>& values);

}  // namespace orchestrator::harness::evals
