// SPDX-License-Identifier: Apache-2.0
#pragma once

// Syncs of one file that are asked for while one is under way share the next one: each waiter is answered by a sync
// that began after it asked. Any thread; shared by a writer and the jobs that it has on the pool.

#include <functional>
#include <memory>
#include <mutex>
#include <vector>

#include "orchestrator/harness/errors.hpp"
#include "runtime/suspension.hpp"

namespace orchestrator::harness::journal {

class SyncGroup final : public std::enable_shared_from_this<SyncGroup> {
 public:
  /// `sync` blocks and is called on threads of `pool`, one at a time. The pool must outlive this object.
  SyncGroup(boost::asio::thread_pool* pool, std::function<Result<void>()> sync) : pool_(pool), sync_(std::move(sync)) {}

  /// `resume` gets the result of a sync that begins after this call.
  void join(runtime::Resume<Result<void>> resume);

 private:
  void run_round();

  boost::asio::thread_pool* pool_;
  std::function<Result<void>()> sync_;
  std::mutex mutex_;
  std::vector<runtime::Resume<Result<void>>> waiting_;  // at most one for each coroutine that syncs
  bool is_running_ = false;
};

}  // namespace orchestrator::harness::journal
