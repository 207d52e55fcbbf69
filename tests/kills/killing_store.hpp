// SPDX-License-Identifier: Apache-2.0
#pragma once

// Ways to die at a chosen point: a process that is about to pass its n-th point kills itself with SIGKILL, so that
// nothing of it runs any more. Points stand before and after everything that reaches the disk.

#include <memory>

#include "orchestrator/harness/awaitable.hpp"
#include "orchestrator/harness/journal.hpp"

namespace orchestrator::harness::kills {

/// Dies when this is the point that ORCHESTRATOR_KILL_AT names, counted from 1. Any thread may pass one.
void pass_point();

/// A store whose every write stands between two points.
[[nodiscard]] std::shared_ptr<JournalStore> killing_store(std::shared_ptr<JournalStore> store);

}  // namespace orchestrator::harness::kills
