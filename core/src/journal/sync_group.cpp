// SPDX-License-Identifier: Apache-2.0
#include "journal/sync_group.hpp"

#include <utility>

namespace orchestrator::harness::journal {

void SyncGroup::join(runtime::Resume<Result<void>> resume) {
  const std::lock_guard lock(mutex_);
  waiting_.push_back(std::move(resume));
  if (std::exchange(is_running_, true)) return;
  boost::asio::post(*pool_, [self = shared_from_this()] { self->run_round(); });
}

void SyncGroup::run_round() {
  std::vector<runtime::Resume<Result<void>>> answered;
  {
    const std::lock_guard lock(mutex_);
    answered.swap(waiting_);
  }
  const Result<void> result = sync_();
  for (auto& resume : answered) resume({}, result);
  const std::lock_guard lock(mutex_);
  is_running_ = !waiting_.empty();
  // A turn for others between two rounds: the pool is shared by all writers.
  if (is_running_) boost::asio::post(*pool_, [self = shared_from_this()] { self->run_round(); });
}

}  // namespace orchestrator::harness::journal
