// SPDX-License-Identifier: Apache-2.0
#pragma once

// The runs in a file of journal lines. For tests, one thread.

#include <optional>
#include <string>
#include <vector>

#include "sim/replay.hpp"

namespace orchestrator::harness::sim {

/// The runs of `text`, each a list of lines: a run begins with the first step.
[[nodiscard]] std::vector<std::vector<std::string>> runs_of(const std::string& text);

/// Replays the runs of one file from their lines: those of a session each with what the one before has left, a fork
/// from its parent, which stands before it. What differs, or nothing.
[[nodiscard]] std::optional<std::string> difference_of(const std::vector<std::vector<std::string>>& runs,
                                                       InputBytes input_bytes = InputBytes::left_alone);

}  // namespace orchestrator::harness::sim
