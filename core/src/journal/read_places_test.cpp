// SPDX-License-Identifier: Apache-2.0
// Goal: places are found again, and their number stays bounded. Method: three places in a book of two.

#include "journal/read_places.hpp"

#include <gtest/gtest.h>

#include "journal/testing/run_lines.hpp"

namespace orchestrator::harness::journal::testing {
namespace {

TEST(ReadPlaces, KeepsEachUnderItsRunAndSeq) {
  ReadPlaces places;
  places.keep(run_id(1), {100, 2, 5});
  places.keep(run_id(2), {200, 3, 5});
  EXPECT_EQ(places.find(run_id(1), 5), (LinePlace{100, 2, 5}));
  EXPECT_EQ(places.find(run_id(2), 5), (LinePlace{200, 3, 5}));
  EXPECT_EQ(places.find(run_id(1), 4), std::nullopt);
  places.keep(run_id(1), {101, 2, 5});
  EXPECT_EQ(places.find(run_id(1), 5), (LinePlace{101, 2, 5}));
}

TEST(ReadPlaces, DropsTheOneThatWasUsedLongestAgo) {
  ReadPlaces places(2);
  places.keep(run_id(1), {100, 1, 1});
  places.keep(run_id(1), {200, 2, 2});
  EXPECT_TRUE(places.find(run_id(1), 1));
  places.keep(run_id(1), {300, 3, 3});
  EXPECT_TRUE(places.find(run_id(1), 1));
  EXPECT_FALSE(places.find(run_id(1), 2));
  EXPECT_TRUE(places.find(run_id(1), 3));
}

}  // namespace
}  // namespace orchestrator::harness::journal::testing
