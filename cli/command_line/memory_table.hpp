// SPDX-License-Identifier: Apache-2.0
#pragma once

// The specifications of `orchestrator memory ...`.

#include <vector>

#include "cli/command_line/command_table.hpp"

namespace orchestrator::cli {

[[nodiscard]] std::vector<CommandSpec> memory_commands();

}  // namespace orchestrator::cli
