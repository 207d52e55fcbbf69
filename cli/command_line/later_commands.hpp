// SPDX-License-Identifier: Apache-2.0
#pragma once

// Commands that later versions bring. They are known today, so that their names are never taken for mistakes and
// the answer says when they come. Constant data for the command table.

#include <vector>

#include "cli/command_line/command_table.hpp"

namespace orchestrator::cli {

/// Commands with a name, a summary and the version that brings them.
[[nodiscard]] std::vector<CommandSpec> later_commands();

}  // namespace orchestrator::cli
