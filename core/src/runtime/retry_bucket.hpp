// SPDX-License-Identifier: Apache-2.0
#pragma once

// How often the runs of a harness may try again: a bucket of whole retries that starts full and fills up with time. One
// thread; no clock of its own.

#include <chrono>
#include <cstdint>

#include "orchestrator/harness/reliability.hpp"

namespace orchestrator::harness::runtime {

class RetryBucket {
 public:
  using TimePoint = std::chrono::steady_clock::time_point;

  explicit RetryBucket(RetryBudget budget) : budget_(budget), left_(budget.burst) {}

  /// Takes one retry out of the bucket; false where it is empty.
  [[nodiscard]] bool take(TimePoint now) {
    refill(now);
    if (left_ == 0) return false;
    left_ -= 1;
    return true;
  }

 private:
  void refill(TimePoint now) {
    if (left_ >= budget_.burst || budget_.per_minute == 0) {
      since_ = now;
      return;
    }
    const auto each = std::chrono::nanoseconds(std::chrono::minutes(1)) / budget_.per_minute;
    const auto come_back = (now - since_) / each;
    const std::uint64_t room = budget_.burst - left_;
    if (static_cast<std::uint64_t>(come_back) >= room) {
      left_ = budget_.burst;
      since_ = now;
      return;
    }
    left_ += static_cast<std::uint32_t>(come_back);
    since_ += each * come_back;
  }

  RetryBudget budget_;
  std::uint32_t left_;
  TimePoint since_;  // the moment up to which the bucket is filled
};

}  // namespace orchestrator::harness::runtime
