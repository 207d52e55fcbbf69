// SPDX-License-Identifier: Apache-2.0
#pragma once

// Completion scripts for shells, made from the command table. They complete commands, flags, fixed choices, files,
// and run ids, which they ask the program for. Pure functions.

#include <string>
#include <string_view>

namespace orchestrator::cli {

/// The script for `bash`, `zsh` or `fish`; empty for any other shell.
[[nodiscard]] std::string completion_script(std::string_view shell);

}  // namespace orchestrator::cli
