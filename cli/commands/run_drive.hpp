// SPDX-License-Identifier: Apache-2.0
#pragma once

// One run from its start to its terminal event: shown, stoppable by signals, and controllable by other processes.
// Blocking, on the main thread.

#include "cli/commands/command_context.hpp"
#include "cli/commands/stop_signals.hpp"
#include "orchestrator/harness/run.hpp"

namespace orchestrator::cli {

struct DriveOptions {
  boost::asio::any_io_executor executor;  // of the harness
  const UserFolders& folders;
  bool in_chat = false;
};

/// Starts `builder`'s run and reads it to its end. What the reader of stdout does never ends the run. Failures are
/// told on stderr.
[[nodiscard]] ExitStatus drive_run(CommandContext& context, const harness::RunBuilder& builder, StopSignals& signals,
                                   const DriveOptions& options);

}  // namespace orchestrator::cli
