// SPDX-License-Identifier: Apache-2.0
// Goal: a waiter is never left waiting for something that has happened. Method: a change before, during and at any
// moment of a wait, the last by a thread that races with it many times.

#include "journal/run_signal.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "journal/testing/run_lines.hpp"
#include "runtime/testing/run_awaitable.hpp"

namespace orchestrator::harness::journal::testing {
namespace {

constexpr auto kNever = std::chrono::steady_clock::time_point::max();

class RunSignalTest : public ::testing::Test {
 protected:
  bool changed(std::uint64_t seen, std::chrono::steady_clock::time_point until) {
    return runtime::testing::run_awaitable(io_, signal_.changed(seen, until));
  }
  boost::asio::io_context io_;
  RunSignal signal_;
};

TEST_F(RunSignalTest, AChangeThatWasMissedIsNotWaitedFor) {
  const std::uint64_t seen = signal_.version();
  signal_.notify();
  EXPECT_TRUE(changed(seen, kNever));
}

TEST_F(RunSignalTest, WithoutAChangeTheWaitEndsAtItsTime) {
  EXPECT_TRUE(changed(signal_.version(), std::chrono::steady_clock::now() + std::chrono::milliseconds(1)));
}

TEST_F(RunSignalTest, ItKnowsWhoWrites) {
  EXPECT_EQ(signal_.written_seq(), std::nullopt);
  signal_.written(7);
  EXPECT_EQ(signal_.written_seq(), 7U);
  signal_.released();
  EXPECT_EQ(signal_.written_seq(), std::nullopt);
  EXPECT_EQ(signal_.version(), 2U);
}

TEST_F(RunSignalTest, NoChangeIsLostHoweverItRaces) {
  constexpr std::uint64_t kRounds = 20'000;
  std::atomic<std::uint64_t> round = 0;
  std::thread notifier([&] {
    for (std::uint64_t done = 0; done < kRounds;) {
      if (round.load() <= done) continue;
      done = round.load();
      // A different moment each time: before the wait, while it is being set up, and after.
      for (std::uint64_t left = done * 2'654'435'761 % 8'192; left > 0; --left) static_cast<void>(round.load());
      signal_.notify();
    }
  });
  for (std::uint64_t i = 1; i <= kRounds; ++i) {
    const std::uint64_t seen = signal_.version();
    round.store(i);
    ASSERT_TRUE(changed(seen, kNever));
  }
  notifier.join();
}

TEST(RunSignals, OneForEachRunThatSomebodyHas) {
  RunSignals signals;
  const auto first = signals.of(run_id(1));
  EXPECT_EQ(signals.of(run_id(1)), first);
  EXPECT_EQ(signals.find(run_id(1)), first);
  EXPECT_EQ(signals.find(run_id(2)), nullptr);
  const std::weak_ptr<RunSignal> gone = signals.of(run_id(2));
  EXPECT_TRUE(gone.expired());
  for (std::uint64_t i = 3; i < 1'000; ++i) static_cast<void>(signals.of(run_id(i)));
  EXPECT_EQ(signals.find(run_id(1)), first);
}

}  // namespace
}  // namespace orchestrator::harness::journal::testing
