// SPDX-License-Identifier: Apache-2.0
// Goal: a quantile is at most 12.5 % below the true one, and memory does not grow. Method: against sorted values.
#include "kernel/interval_histogram.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <limits>
#include <vector>

namespace orchestrator::harness::kernel {
namespace {

TEST(IntervalHistogram, HasNoQuantileWhileEmpty) { EXPECT_FALSE(IntervalHistogram().quantile_us(50)); }

TEST(IntervalHistogram, SmallValuesAreExact) {
  IntervalHistogram histogram;
  for (std::uint64_t value = 0; value < 8; ++value) histogram.add(value);
  EXPECT_EQ(histogram.quantile_us(0), 0U);
  EXPECT_EQ(histogram.quantile_us(50), 3U);
  EXPECT_EQ(histogram.quantile_us(100), 7U);
  EXPECT_EQ(histogram.count(), 8U);
}

TEST(IntervalHistogram, HugeValuesCountAsTheLargest) {
  IntervalHistogram histogram;
  histogram.add(std::numeric_limits<std::uint64_t>::max());
  EXPECT_EQ(histogram.quantile_us(50), 1ULL << 36);
}

RC_GTEST_PROP(IntervalHistogram, IsCloseBelowTheTrueQuantile, ()) {
  const auto bits = *rc::gen::container<std::vector<int>>(rc::gen::inRange(0, 36));
  RC_PRE(!bits.empty());
  std::vector<std::uint64_t> values;
  for (const int bit : bits) values.push_back((1ULL << bit) + *rc::gen::inRange<std::uint64_t>(0, 1ULL << bit));
  IntervalHistogram histogram;
  for (const std::uint64_t value : values) histogram.add(value);
  std::ranges::sort(values);
  for (const std::uint32_t percent : {1U, 50U, 95U, 100U}) {
    const std::size_t rank = std::max<std::size_t>(1, (values.size() * percent + 99) / 100);
    const std::uint64_t truth = values[rank - 1];
    const std::uint64_t found = histogram.quantile_us(percent).value();
    RC_ASSERT(found <= truth);
    RC_ASSERT(found >= truth - truth / 8);
  }
}

}  // namespace
}  // namespace orchestrator::harness::kernel
