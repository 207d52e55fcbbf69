// SPDX-License-Identifier: Apache-2.0
#include "kernel/interval_histogram.hpp"

#include <algorithm>
#include <bit>

namespace orchestrator::harness::kernel {
namespace {

constexpr std::uint64_t kIntervalMax = 1ULL << 36;
constexpr unsigned kSubBits = 3;

// Values below 8 have a bucket each; above, the three bits after the leading one choose it.
std::size_t bucket_of(std::uint64_t value) {
  if (value < (1U << kSubBits)) return static_cast<std::size_t>(value);
  const auto shift = static_cast<unsigned>(std::bit_width(value)) - kSubBits - 1;
  return (static_cast<std::size_t>(shift) + 1) * (1U << kSubBits) + ((value >> shift) & ((1U << kSubBits) - 1));
}

std::uint64_t lower_bound_of(std::size_t bucket) {
  if (bucket < (1U << kSubBits)) return bucket;
  const std::size_t shift = bucket / (1U << kSubBits) - 1;
  return ((1ULL << kSubBits) + bucket % (1U << kSubBits)) << shift;
}

}  // namespace

void IntervalHistogram::add(std::uint64_t interval_us) {
  const std::size_t bucket = std::min(bucket_of(std::min(interval_us, kIntervalMax)), buckets_.size() - 1);
  buckets_[bucket] += 1;
  count_ += 1;
}

std::optional<std::uint64_t> IntervalHistogram::quantile_us(std::uint32_t percent) const {
  if (count_ == 0) return std::nullopt;
  const std::uint64_t rank = std::max<std::uint64_t>(1, (count_ * percent + 99) / 100);
  std::uint64_t seen = 0;
  for (std::size_t bucket = 0; bucket < buckets_.size(); ++bucket) {
    seen += buckets_[bucket];
    if (seen >= rank) return lower_bound_of(bucket);
  }
  return lower_bound_of(buckets_.size() - 1);
}

}  // namespace orchestrator::harness::kernel
