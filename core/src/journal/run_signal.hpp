// SPDX-License-Identifier: Apache-2.0
#pragma once

// Tells readers of one run that there may be more to read: its writer in this process says so directly, a watch on the
// file speaks for writers elsewhere. Any thread; shared by the run's writer, its waiters and the watch.

#include "runtime/compiler_check.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "orchestrator/harness/ids.hpp"

namespace orchestrator::harness::journal {

class RunSignal final {
 public:
  using TimePoint = std::chrono::steady_clock::time_point;

  RunSignal() = default;
  RunSignal(const RunSignal&) = delete;
  RunSignal& operator=(const RunSignal&) = delete;

  /// A writer of this process has the run, whose last event is `last_seq`: at its opening and after each append.
  void written(std::uint64_t last_seq);
  /// The writer is gone.
  void released();
  /// Something about the run may have changed: all waiters look again.
  void notify();

  /// Counts `written`, `released` and `notify`.
  [[nodiscard]] std::uint64_t version() const;
  /// The last event's seq while a writer of this process has the run.
  [[nodiscard]] std::optional<std::uint64_t> written_seq() const;

  /// Waits until the version is no longer `seen`, or until `until`. False when the coroutine was cancelled meanwhile.
  /// This object must outlive the wait.
  boost::asio::awaitable<bool> changed(std::uint64_t seen, TimePoint until);

 private:
  // A timer that ends early. Its own mutex, because who notifies and who waits may be different threads. The timer
  // goes with its coroutine, which may be destroyed with its context before whoever notifies lets go of the rest.
  struct Waiter {
    std::mutex mutex;
    std::optional<boost::asio::steady_timer> timer;
    bool is_done = false;
  };
  // Takes the waiter off the list when its coroutine is done or destroyed.
  struct Registration {
    ~Registration();
    RunSignal* signal;
    std::shared_ptr<Waiter> waiter;
  };

  void wake(std::unique_lock<std::mutex> lock);

  mutable std::mutex mutex_;
  std::uint64_t version_ = 0;
  std::optional<std::uint64_t> written_seq_;
  std::vector<std::shared_ptr<Waiter>> waiters_;  // shared with their coroutines; one for each call of `changed`
};

/// The signals of a store's runs: one for each run that has a writer or a waiter now. Any thread.
class RunSignals final {
 public:
  [[nodiscard]] std::shared_ptr<RunSignal> of(const RunId& run_id);
  /// The signal of a run that somebody has, or null.
  [[nodiscard]] std::shared_ptr<RunSignal> find(const RunId& run_id) const;

 private:
  mutable std::mutex mutex_;
  std::map<RunId, std::weak_ptr<RunSignal>> signals_;
  std::size_t sweep_at_ = 64;  // entries, then those that nobody has are dropped
};

}  // namespace orchestrator::harness::journal
