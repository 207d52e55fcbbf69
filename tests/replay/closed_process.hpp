// SPDX-License-Identifier: Apache-2.0
#pragma once

// Work in a child process that may only compute: every system call but those for memory, locks and its own end kills
// it. For tests, one thread.

#include <functional>

namespace orchestrator::harness::replays {

/// How the child ended.
struct ClosedEnd {
  int status = -1;  // that `work` returned; -1: it did not come to that
  int signal = 0;   // that killed it: SIGSYS for a system call; 0: none did
};

/// Runs `prepare` with all rights, then `work` with none.
[[nodiscard]] ClosedEnd run_closed(const std::function<void()>& prepare, const std::function<int()>& work);

}  // namespace orchestrator::harness::replays
