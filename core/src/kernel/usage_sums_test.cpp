// SPDX-License-Identifier: Apache-2.0
// Goal: sums of token counts are exact, or empty where one attempt did not tell. Method: small lists of reports.
#include "kernel/usage_sums.hpp"

#include <gtest/gtest.h>

namespace orchestrator::harness::kernel {
namespace {

TEST(UsageSums, AreUnknownBeforeTheFirstAttempt) {
  EXPECT_EQ(UsageSums().totals(), Usage{});
  EXPECT_EQ(UsageSums().tokens_known(), 0U);
}

TEST(UsageSums, AddUpEachCount) {
  UsageSums sums;
  sums.add({.input = 10, .cached_input = 3, .cache_write = 2, .output = 5, .reasoning = 1, .total = 15});
  sums.add({.input = 20, .cached_input = 0, .cache_write = 4, .output = 6, .reasoning = 2, .total = 26});
  EXPECT_EQ(sums.totals(),
            (Usage{.input = 30, .cached_input = 3, .cache_write = 6, .output = 11, .reasoning = 3, .total = 41}));
  EXPECT_EQ(sums.tokens_known(), 41U);
}

TEST(UsageSums, WhatOneAttemptDidNotTellIsUnknownButCountsAgainstTheBudget) {
  UsageSums sums;
  sums.add({.input = 10, .cached_input = 3, .output = 5});
  sums.add({.input = 20, .output = {}});
  EXPECT_EQ(sums.totals(), Usage{.input = 30});
  EXPECT_EQ(sums.tokens_known(), 35U);
}

TEST(UsageSums, NonsenseAnywhereMarksTheSum) {
  UsageSums sums;
  sums.add({.invalid = true});
  sums.add({});
  EXPECT_TRUE(sums.totals().invalid);
}

}  // namespace
}  // namespace orchestrator::harness::kernel
