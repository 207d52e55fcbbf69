// SPDX-License-Identifier: Apache-2.0
#pragma once

// The runs of this process whose last sync failed. The system may hold pages of their journals that the disk refused
// and that no later sync will write, so reading them back must begin at the disk. Any thread; shared by a store and
// its writers.

#include <mutex>
#include <set>

#include "orchestrator/harness/ids.hpp"

namespace orchestrator::harness::journal {

class FailedSyncs final {
 public:
  void note(const RunId& run_id) {
    const std::lock_guard lock(mutex_);
    runs_.insert(run_id);
  }
  /// True once after each `note`.
  [[nodiscard]] bool take(const RunId& run_id) {
    const std::lock_guard lock(mutex_);
    return runs_.erase(run_id) > 0;
  }

 private:
  std::mutex mutex_;
  std::set<RunId> runs_;  // at most one entry for each run whose writer failed
};

}  // namespace orchestrator::harness::journal
