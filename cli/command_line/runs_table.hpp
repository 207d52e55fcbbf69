// SPDX-License-Identifier: Apache-2.0
#pragma once

// The specifications of the commands that find runs and remove them.

#include <vector>

#include "cli/command_line/command_table.hpp"

namespace orchestrator::cli {

/// The flags that narrow a list of runs down.
[[nodiscard]] std::vector<FlagSpec> run_filter_flags();

/// `runs search`, `runs delete` and `runs prune`.
[[nodiscard]] std::vector<CommandSpec> runs_commands();

}  // namespace orchestrator::cli
