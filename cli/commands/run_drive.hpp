// SPDX-License-Identifier: Apache-2.0
#pragma once

// One run from its start to its terminal event: shown, stoppable by signals, controllable by other processes, and its
// questions asked of the person at the terminal. Blocking, on the main thread.

#include <map>
#include <memory>
#include <string>

#include "cli/commands/command_context.hpp"
#include "cli/commands/stop_signals.hpp"
#include "cli/store/open_questions.hpp"
#include "orchestrator/harness/redaction.hpp"
#include "orchestrator/harness/run.hpp"

namespace orchestrator::cli {

struct DriveOptions {
  boost::asio::any_io_executor executor;  // of the harness
  const UserFolders& folders;
  bool in_chat = false;
  bool store_lasts = true;                                 // other processes find the run there
  std::map<std::string, std::string> tools_of_calls = {};  // of calls that a resumed run has from before, by id
  OpenQuestions questions = {};                            // those that a resumed run has from before
  std::shared_ptr<harness::SecretVault> vault = {};        // of what is shown with its values put back; may be empty
};

/// Reads a started run to its end. What the reader of stdout does never ends the run. Where nobody can be asked, a run
/// that waits for an approval is let go of: the status is `waiting`. Failures are told on stderr, those of the start
/// as well.
[[nodiscard]] ExitStatus drive_run(CommandContext& context, harness::Result<harness::RunHandle> run,
                                   StopSignals& signals, const DriveOptions& options);

}  // namespace orchestrator::cli
