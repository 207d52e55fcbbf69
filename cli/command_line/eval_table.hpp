// SPDX-License-Identifier: Apache-2.0
#pragma once

// The commands of `orchestrator eval`. Constant data.

#include <vector>

#include "cli/command_line/command_table.hpp"

namespace orchestrator::cli {

[[nodiscard]] std::vector<CommandSpec> eval_commands();

}  // namespace orchestrator::cli
