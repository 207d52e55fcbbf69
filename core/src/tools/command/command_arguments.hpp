// SPDX-License-Identifier: Apache-2.0
#pragma once

// The arguments of `run_command`, read and checked, and the program that they name. Any thread.

#include <chrono>
#include <expected>
#include <string>
#include <vector>

#include "orchestrator/harness/errors.hpp"
#include "orchestrator/harness/tools.hpp"
#include "tools/sandbox/system_view.hpp"

namespace orchestrator::harness::tools {

struct CommandArguments {
  std::vector<std::string> argv;  // a shell line is {/bin/sh, -c, LINE}
  std::string folder;             // relative to the workspace
  std::chrono::milliseconds timeout{120'000};
  bool network = false;

  /// Errors: `tool_args_invalid` (neither or both of argv and command, a line without shell), `out_of_range`
  /// (timeout_ms), `spawn_failed` (EINVAL, ENOENT, E2BIG).
  static std::expected<CommandArguments, ToolError> read(const RawJson& arguments);
};

/// The path of the program that `argv0` names, as the command will see it: a path stays, relative to `folder`; a name
/// is looked up in `kSandboxPath`. Errors: `spawn_failed` with ENOENT or EACCES.
[[nodiscard]] std::expected<std::string, ToolError> resolve_program(const std::string& argv0, const std::string& folder,
                                                                    const std::string& workspace,
                                                                    const SystemView& system);

}  // namespace orchestrator::harness::tools
