// SPDX-License-Identifier: Apache-2.0
#pragma once

// The specifications of `daemon start|stop|status|token|logs`.

#include <vector>

#include "cli/command_line/command_table.hpp"

namespace orchestrator::cli {

[[nodiscard]] std::vector<CommandSpec> daemon_commands();

}  // namespace orchestrator::cli
