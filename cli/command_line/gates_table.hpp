// SPDX-License-Identifier: Apache-2.0
#pragma once

// The commands of `gates`. A pure function.

#include <vector>

#include "cli/command_line/command_table.hpp"

namespace orchestrator::cli {

[[nodiscard]] std::vector<CommandSpec> gates_commands();

}  // namespace orchestrator::cli
