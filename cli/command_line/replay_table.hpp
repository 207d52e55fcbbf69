// SPDX-License-Identifier: Apache-2.0
#pragma once

// The commands that run a journal again. Pure.

#include <vector>

#include "cli/command_line/command_table.hpp"

namespace orchestrator::cli {

[[nodiscard]] std::vector<CommandSpec> replay_commands();

}  // namespace orchestrator::cli
