// SPDX-License-Identifier: Apache-2.0
#pragma once

// Two runs side by side, for people and for programs. Pure functions.

#include <string>

#include <boost/json/object.hpp>

#include "event/run_diff.hpp"

namespace orchestrator::cli {

/// A line for each step and each difference of it, made safe for a terminal; then both sums.
[[nodiscard]] std::string run_diff_text(const harness::event::RunOutline& a, const harness::event::RunOutline& b,
                                        const harness::event::RunDifference& difference);

/// The same as one object; texts are whole, what one run has not is null.
[[nodiscard]] boost::json::object run_diff_json(const harness::event::RunOutline& a,
                                                const harness::event::RunOutline& b,
                                                const harness::event::RunDifference& difference);

}  // namespace orchestrator::cli
