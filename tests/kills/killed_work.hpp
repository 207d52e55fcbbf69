// SPDX-License-Identifier: Apache-2.0
#pragma once

// Work in a child process that dies at its n-th change of a folder. A change is a system call that writes, syncs, cuts,
// makes, renames or removes something there, by whichever thread. A filter stops the child at these calls alone. Each
// is a point to die at before it has done anything, and each write of more than one byte another one, with half of it
// done. Blocks until the child is over; one thread, without other child processes.

#include <functional>
#include <string>

#include "kills/victim_process.hpp"
#include "orchestrator/harness/errors.hpp"

namespace orchestrator::harness::kills {

struct KilledWork {
  Fate fate = Fate::failed;
  std::string problem;  // why it failed
};

/// REQUIRES: this process has no other threads, and nothing open in `folder` (a path without links).
[[nodiscard]] KilledWork run_killed(const std::string& folder, int kill_at, const std::function<Result<void>()>& work);

}  // namespace orchestrator::harness::kills
