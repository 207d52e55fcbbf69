// SPDX-License-Identifier: Apache-2.0
#pragma once

// Counts how long a stream has been waited for since its last progress. Only time spent waiting
// counts: a caller that is busy or parked elsewhere is no fault of the server.
// A plain value without a clock of its own; one thread at a time.

#include <chrono>

namespace orchestrator::harness::runtime {

class HttpIdleClock {
 public:
  using TimePoint = std::chrono::steady_clock::time_point;
  using Duration = std::chrono::steady_clock::duration;

  explicit HttpIdleClock(Duration allowed) : allowed_(allowed) {}

  /// A wait begins at `now`, which must not lie before the end of the last one.
  void wait_began(TimePoint now) { wait_began_ = now; }

  /// The wait that began last has ended at `now`.
  void wait_ended(TimePoint now) { spent_ += now - wait_began_; }

  /// Forgets the time spent so far, that of a wait under way not included.
  void progress() { spent_ = Duration::zero(); }

  /// When the wait under way exhausts the allowance. Never earlier than what an earlier call
  /// returned, so a timer set for that may be left alone and asked again when it fires.
  [[nodiscard]] TimePoint deadline() const { return wait_began_ + (allowed_ - spent_); }

 private:
  Duration allowed_;
  Duration spent_ = Duration::zero();
  TimePoint wait_began_{};
};

}  // namespace orchestrator::harness::runtime
