// SPDX-License-Identifier: Apache-2.0
#pragma once

// The program `orchestrator` from its words to its exit status. Call it once, on the main thread.

#include <string>
#include <vector>

namespace orchestrator::cli {

/// Carries out one command line, given without the program's name. Never throws.
[[nodiscard]] int run_program(const std::vector<std::string>& words) noexcept;

}  // namespace orchestrator::cli
