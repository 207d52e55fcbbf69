// SPDX-License-Identifier: Apache-2.0
#pragma once

// The processes below a process, as /proc shows them at one moment. A process that forks meanwhile may be missed: who
// must be gone for certain is killed through its PID namespace. Any thread.

#include <sys/types.h>

#include <vector>

namespace orchestrator::harness::tools {

/// All descendants of `root`, without `root` and without zombies, parents before children.
[[nodiscard]] std::vector<pid_t> descendants_of(pid_t root);

/// Sends `signal` to every descendant of `root`. A number that was given to another process meanwhile is not hit.
void signal_descendants(pid_t root, int signal);

}  // namespace orchestrator::harness::tools
