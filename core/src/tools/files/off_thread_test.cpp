// SPDX-License-Identifier: Apache-2.0
#include "tools/files/off_thread.hpp"

#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include <atomic>
#include <semaphore>
#include <thread>

namespace orchestrator::harness::tools {
namespace {

namespace asio = boost::asio;

TEST(OffThread, GivesWhatTheWorkGave) {
  asio::io_context io;
  int result = 0;
  asio::co_spawn(io, off_thread<int>([] { return 7; }),
                 [&](const std::exception_ptr& failure, int given) { result = failure ? -1 : given; });
  const auto work = asio::make_work_guard(io);
  while (result == 0) io.run_one();
  EXPECT_EQ(result, 7);
}

TEST(OffThread, AContextThatEndsWaitsForTheWorkUnderWay) {
  std::binary_semaphore begun(0);
  std::binary_semaphore ending(0);
  std::atomic<bool> is_done = false;
  std::jthread releaser;
  {
    asio::io_context io;
    const auto work = [&] {
      begun.release();
      ending.acquire();
      is_done = true;
      return 1;
    };
    asio::co_spawn(io, off_thread<int>(work), [](const std::exception_ptr&, int) {});
    io.poll();
    begun.acquire();
    releaser = std::jthread([&] { ending.release(); });
  }
  EXPECT_TRUE(is_done);
}

}  // namespace
}  // namespace orchestrator::harness::tools
