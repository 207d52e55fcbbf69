// SPDX-License-Identifier: Apache-2.0
#pragma once

// Waiting for more events of a run, whoever writes it: a writer of this process tells the run's signal, and for one
// elsewhere a file is watched that changes whenever something is appended.

#include "runtime/compiler_check.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/thread_pool.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "journal/journal_watch.hpp"
#include "journal/run_signal.hpp"
#include "orchestrator/harness/errors.hpp"

namespace orchestrator::harness::journal {

/// What a wait needs. The pointers must outlive it.
struct RunWait {
  std::shared_ptr<RunSignal> signal;
  JournalWatch* watch = nullptr;  // null where somebody else tells the signal of writers elsewhere
  std::string watched_file;
  boost::asio::thread_pool* pool = nullptr;
  std::function<Result<bool>()> look;  // on the pool: whether there is more now
  std::uint64_t after_seq = 0;
  std::chrono::steady_clock::time_point deadline;
};

/// As `JournalStore::wait`.
[[nodiscard]] boost::asio::awaitable<Result<bool>> wait_for_more(RunWait wait);

}  // namespace orchestrator::harness::journal
