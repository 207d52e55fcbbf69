// SPDX-License-Identifier: Apache-2.0
#pragma once

// How the program ends. The numbers are a promise to scripts. Pure functions, safe on any thread.

#include <string_view>

#include "orchestrator/harness/errors.hpp"
#include "orchestrator/harness/stream.hpp"

namespace orchestrator::cli {

enum class ExitStatus : int {
  done = 0,
  failed = 1,
  usage = 2,  // or configuration
  not_found = 3,
  denied = 4,   // an approval expired unanswered
  waiting = 5,  // the run waits for an approval
  damaged = 6,  // a journal does not verify, or does not come out the same again
  undo_incomplete = 7,
  used_up = 8,       // time or budget of the run
  unreachable = 69,  // the daemon does not run, or does not answer
  aborted = 130
};

/// The code of an error that says that no daemon could be reached.
inline constexpr std::string_view kDaemonUnreachable = "daemon_unreachable";

/// The status for a failure, the most specific that fits.
[[nodiscard]] ExitStatus exit_status_of(const harness::Error& error);

/// The status for the terminal event of a run. REQUIRES: it is one.
[[nodiscard]] ExitStatus exit_status_of(const harness::StreamEvent& terminal);

}  // namespace orchestrator::cli
