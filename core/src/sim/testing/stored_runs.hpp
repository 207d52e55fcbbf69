// SPDX-License-Identifier: Apache-2.0
#pragma once

// The runs in a file of journal lines. For tests, one thread.

#include <string>
#include <vector>

namespace orchestrator::harness::sim {

/// The runs of `text`, each a list of lines: a run begins with the first step.
[[nodiscard]] std::vector<std::vector<std::string>> runs_of(const std::string& text);

}  // namespace orchestrator::harness::sim
