// SPDX-License-Identifier: Apache-2.0
#pragma once

// `run_command`: runs one program, or one line of shell, in the workspace, confined (tools/sandbox). Irreversible.

#include <memory>

#include "orchestrator/harness/tools.hpp"
#include "tools/sandbox/sandbox.hpp"

namespace orchestrator::harness::tools {

/// The tool. One object may serve many runs at once on one thread.
[[nodiscard]] std::shared_ptr<Tool> make_run_command(const BuiltInToolsConfig& config);

/// The same with limits of its own.
[[nodiscard]] std::shared_ptr<Tool> make_run_command(const BuiltInToolsConfig& config, const SandboxLimits& limits);

}  // namespace orchestrator::harness::tools
