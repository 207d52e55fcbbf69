// SPDX-License-Identifier: Apache-2.0
#pragma once

// Asks the person at the terminal one question of a run, and takes the answer while the run is parked. Blocking, on
// the main thread.

#include <cstdint>
#include <optional>

#include "cli/commands/command_context.hpp"
#include "cli/store/open_questions.hpp"
#include "orchestrator/harness/run.hpp"

namespace orchestrator::cli {

enum class PromptOutcome : std::uint8_t {
  answered,  // and recorded
  settled,   // by somebody else, or the run has ended
  aborted,   // the run was aborted
  left_open  // the person went away from the keyboard (Ctrl-D)
};

/// True where a person can be asked: stdin and stderr are a terminal, and --json is not given.
[[nodiscard]] bool can_ask(const CommandContext& context);

/// Shows the question in full and reads answers until one is recorded. Another process may answer first. Input typed
/// before the question was shown is dropped. `seen_seq`: the last event that was read of `run`. Errors as of
/// `ControlHandle`.
[[nodiscard]] harness::Result<PromptOutcome> ask_question(CommandContext& context, const harness::RunHandle& run,
                                                          boost::asio::any_io_executor executor, std::uint64_t seen_seq,
                                                          const OpenQuestion& question);

}  // namespace orchestrator::cli
