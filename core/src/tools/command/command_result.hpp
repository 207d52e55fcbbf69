// SPDX-License-Identifier: Apache-2.0
#pragma once

// What the model is told of a command that ran. A pure function.

#include "orchestrator/harness/tools.hpp"
#include "tools/sandbox/sandbox.hpp"

namespace orchestrator::harness::tools {

/// The end of the command, then its output as plain text, head and tail where it is long. `full_output` holds the bytes
/// as they were written where the text shows less. A command that was cancelled has the outcome `unknown` if it ran at
/// all; one that ran out of time is `tool_timeout`; any exit code is `ok`.
[[nodiscard]] ToolResult command_result(const SandboxOutcome& outcome);

}  // namespace orchestrator::harness::tools
