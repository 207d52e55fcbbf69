// SPDX-License-Identifier: Apache-2.0
#pragma once

// The run that a control command is for, and the way to the process that holds it. Blocking, on the main thread.

#include <optional>
#include <string>

#include "cli/commands/command_context.hpp"
#include "cli/control/control_message.hpp"
#include "cli/daemon/daemon_client.hpp"
#include "cli/store/store_reader.hpp"

namespace orchestrator::cli {

/// Everything that a control command needs, found from its command line.
struct ControlTarget {
  Configuration configuration;
  StoreReader store;
  harness::RunSummary run;
  std::optional<DaemonClient> daemon = std::nullopt;  // that has this store; none with --no-daemon
};

/// The run that the first argument names. Errors of the configuration, the store and `find_run`.
[[nodiscard]] harness::Result<ControlTarget> find_control_target(const CommandContext& context);

/// Sends to the process that holds the run, else to the daemon; waits a moment for the process's socket while the run
/// is held. Errors as of `send_control` and `send_to_daemon`.
[[nodiscard]] harness::Result<ControlAnswer> send_to(ControlTarget& target, const ControlRequest& request);

/// Who asks, as journals name this program.
[[nodiscard]] std::string control_by();

}  // namespace orchestrator::cli
