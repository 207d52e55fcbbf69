// SPDX-License-Identifier: Apache-2.0
#pragma once

// The commands that check stored runs and carry them elsewhere. Constant data for the command table.

#include <vector>

#include "cli/command_line/command_table.hpp"

namespace orchestrator::cli {

/// `runs verify`, `runs salvage`, `runs export`, `runs import`.
[[nodiscard]] std::vector<CommandSpec> journal_commands();

}  // namespace orchestrator::cli
