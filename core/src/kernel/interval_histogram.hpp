// SPDX-License-Identifier: Apache-2.0
#pragma once

// Quantiles of time intervals in bounded memory and integer arithmetic: log-linear buckets, eight to an octave,
// as in HdrHistogram (http://hdrhistogram.org), so a quantile is at most 12.5 % below the true value. A value type.

#include <array>
#include <cstdint>
#include <optional>

namespace orchestrator::harness::kernel {

class IntervalHistogram {
 public:
  /// Counts one interval; above 2^36 us (19 hours) it counts as that.
  void add(std::uint64_t interval_us);
  /// The lower bound of the bucket in which the quantile of `percent` (0 to 100) falls; nothing when empty.
  [[nodiscard]] std::optional<std::uint64_t> quantile_us(std::uint32_t percent) const;
  [[nodiscard]] std::uint64_t count() const { return count_; }
  bool operator==(const IntervalHistogram&) const = default;

 private:
  static constexpr std::size_t kSubBuckets = 8;
  static constexpr std::size_t kOctaves = 34;
  std::array<std::uint32_t, kSubBuckets*(kOctaves + 1)> buckets_{};
  std::uint64_t count_ = 0;
};

}  // namespace orchestrator::harness::kernel
