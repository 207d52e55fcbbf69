// SPDX-License-Identifier: Apache-2.0
// Goal: draws are the same for ever, streams are apart, ranges hold. Method: fixed values and counts.
#include "sim/entropy.hpp"

#include <gtest/gtest.h>

#include <set>

namespace orchestrator::harness::sim {
namespace {

TEST(Entropy, DrawsTheSameForEver) {
  Entropy entropy(1, "test");
  EXPECT_EQ(entropy.bits(), 13244520173624695348ULL);
  EXPECT_EQ(entropy.bits(), 11481554524651224730ULL);
}

TEST(Entropy, EachPurposeSeedAndIndexHasAStreamOfItsOwn) {
  std::set<std::uint64_t> first_draws;
  for (const std::uint64_t seed : {0U, 1U, 2U}) {
    for (const char* purpose : {"", "a", "b"}) {
      for (const std::uint64_t index : {0U, 1U}) {
        EXPECT_TRUE(first_draws.insert(Entropy(seed, purpose, index).bits()).second);
      }
    }
  }
}

TEST(Entropy, StaysInRangeAndReachesItsEnds) {
  Entropy entropy(3, "test");
  std::set<std::uint64_t> drawn;
  for (int i = 0; i < 1'000; ++i) drawn.insert(entropy.between(5, 9));
  EXPECT_EQ(drawn, (std::set<std::uint64_t>{5, 6, 7, 8, 9}));
}

TEST(Entropy, OrdersOfMagnitudeAreEquallyLikely) {
  Entropy entropy(4, "test");
  int small = 0;
  for (int i = 0; i < 10'000; ++i) {
    const std::uint64_t value = entropy.magnitude(1, 1ULL << 20);
    EXPECT_GE(value, 1U);
    EXPECT_LE(value, 1ULL << 20);
    small += value < 1'024 ? 1 : 0;
  }
  EXPECT_GT(small, 4'000);
  EXPECT_LT(small, 5'600);
}

TEST(Entropy, ChancesAreAbout) {
  Entropy entropy(5, "test");
  int hits = 0;
  for (int i = 0; i < 10'000; ++i) hits += entropy.chance(1, 4) ? 1 : 0;
  EXPECT_NEAR(hits, 2'500, 250);
}

}  // namespace
}  // namespace orchestrator::harness::sim
