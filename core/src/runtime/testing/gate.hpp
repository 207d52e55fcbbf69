// SPDX-License-Identifier: Apache-2.0
#pragma once

// A latch that a test opens and another thread waits for, in place of a sleep.
// Safe from any thread; must outlive its waiters.

#include <chrono>
#include <condition_variable>
#include <mutex>

namespace orchestrator::harness::runtime::testing {

/// Nothing in a test waits longer than this; a wait that does has failed.
inline constexpr std::chrono::seconds kTestPatience{30};

/// Closed until `open`.
class Gate {
 public:
  void open() {
    const std::scoped_lock lock(mutex_);
    is_open_ = true;
    opened_.notify_all();
  }

  /// Waits until it is open. False when the test's patience ran out.
  bool wait() { return wait_for(kTestPatience); }

  /// The same with a bound of its own; 0 only looks.
  bool wait_for(std::chrono::milliseconds bound) {
    std::unique_lock lock(mutex_);
    return opened_.wait_for(lock, bound, [this] { return is_open_; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable opened_;
  bool is_open_ = false;
};

}  // namespace orchestrator::harness::runtime::testing
