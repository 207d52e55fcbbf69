// SPDX-License-Identifier: Apache-2.0
#pragma once

// `orchestrator run --detach`: a run that the daemon has. Blocking, on the main thread.

#include <string>

#include "cli/commands/command_context.hpp"
#include "cli/commands/run_request.hpp"
#include "cli/daemon/daemon_client.hpp"

namespace orchestrator::cli {

/// The daemon that has the store in force. Errors: `kDaemonUnreachable` where none runs; `configuration_invalid` where
/// it has another store, naming both.
[[nodiscard]] harness::Result<DaemonClient> daemon_of_store(const Configuration& configuration);

/// Leaves the run to the daemon and writes its id to stdout.
ExitStatus detach_run(CommandContext& context, const Configuration& configuration, const RunRequest& request,
                      const std::string& prompt);

}  // namespace orchestrator::cli
