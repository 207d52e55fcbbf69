// SPDX-License-Identifier: Apache-2.0
// Goal: only time spent waiting since the last progress counts. Method: made-up times.

#include "runtime/http_client_idle.hpp"

#include <gtest/gtest.h>

namespace orchestrator::harness::runtime {
namespace {

using std::chrono::seconds;

HttpIdleClock::TimePoint at(int second) { return HttpIdleClock::TimePoint(seconds(second)); }

TEST(HttpIdleClockTest, CountsOneWait) {
  HttpIdleClock clock(seconds(10));
  clock.wait_began(at(100));
  EXPECT_EQ(clock.deadline(), at(110));
}

TEST(HttpIdleClockTest, AddsUpWaitsWithoutProgress) {
  HttpIdleClock clock(seconds(10));
  clock.wait_began(at(100));
  clock.wait_ended(at(104));  // a comment came
  clock.wait_began(at(104));
  EXPECT_EQ(clock.deadline(), at(110));
}

TEST(HttpIdleClockTest, LeavesOutTimeThatTheCallerSpentElsewhere) {
  HttpIdleClock clock(seconds(10));
  clock.wait_began(at(100));
  clock.wait_ended(at(104));
  clock.wait_began(at(1000));
  EXPECT_EQ(clock.deadline(), at(1006));
}

TEST(HttpIdleClockTest, ProgressStartsAnew) {
  HttpIdleClock clock(seconds(10));
  clock.wait_began(at(100));
  clock.wait_ended(at(109));
  clock.progress();
  clock.wait_began(at(110));
  EXPECT_EQ(clock.deadline(), at(120));
}

}  // namespace
}  // namespace orchestrator::harness::runtime
