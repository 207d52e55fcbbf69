// SPDX-License-Identifier: Apache-2.0
#pragma once

// The commands that make forks, compare runs and draw them. A pure function.

#include <vector>

#include "cli/command_line/command_table.hpp"

namespace orchestrator::cli {

[[nodiscard]] std::vector<CommandSpec> fork_commands();

}  // namespace orchestrator::cli
