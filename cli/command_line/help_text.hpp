// SPDX-License-Identifier: Apache-2.0
#pragma once

// The help of the program, of a group and of a command, rendered from the command table. Plain text without
// colour, at most 100 columns. Pure functions, safe on any thread.

#include <string>

#include "cli/command_line/invocation.hpp"

namespace orchestrator::cli {

/// The text of --help, with a line end.
[[nodiscard]] std::string help_text(const HelpWanted& wanted);

/// `usage: orchestrator run [PROMPT] [FLAG...]`, without a line end.
[[nodiscard]] std::string usage_line(const CommandSpec& command);

}  // namespace orchestrator::cli
