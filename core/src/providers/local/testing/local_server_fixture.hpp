// SPDX-License-Identifier: Apache-2.0
#pragma once

// What the tests of the local server share: a state directory of their own, a way to run awaitables, and
// processes that can be looked at. One thread; each fixture ends the server that its test has left.

#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/types.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <chrono>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <string>
#include <vector>

#include "providers/local/local_server.hpp"

namespace orchestrator::harness::providers::testing {

/// A new directory of mode 0700, removed with all that is in it.
class TemporaryFolder final {
 public:
  TemporaryFolder() {
    std::string name = (std::filesystem::temp_directory_path() / "local-server-XXXXXX").string();
    path_ = ::mkdtemp(name.data());
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  ~TemporaryFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

inline std::string text_of(const std::filesystem::path& file) {
  std::ifstream stream(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

inline void write_text(const std::filesystem::path& file, const std::string& text) {
  std::ofstream(file, std::ios::binary) << text;
}

/// The kernel's letter for what the process does ('R', 'S', 'T' stopped, 'Z' zombie); 0 where it is gone.
inline char process_state(pid_t pid) {
  const std::string stat = text_of("/proc/" + std::to_string(pid) + "/stat");
  const std::size_t name_end = stat.rfind(')');
  return name_end == std::string::npos || name_end + 2 >= stat.size() ? '\0' : stat[name_end + 2];
}

/// True once the process is gone, or is a zombie that waits for its parent.
inline bool has_ended(pid_t pid) { return process_state(pid) == '\0' || process_state(pid) == 'Z'; }

inline bool has_stopped(pid_t pid) { return process_state(pid) == 'T'; }

inline boost::asio::awaitable<void> wait_shortly() {
  const auto executor = co_await boost::asio::this_coro::executor;
  boost::asio::steady_timer timer(executor, std::chrono::milliseconds(10));
  co_await timer.async_wait(boost::asio::use_awaitable);
}

class LocalServerTest : public ::testing::Test {
 protected:
  using Clock = std::chrono::steady_clock;

  static Clock::time_point in(std::chrono::milliseconds time) { return Clock::now() + time; }
  static Clock::time_point soon() { return in(LocalServer::kStartTime); }

  /// Runs one awaitable to its end; a bug's exception comes out here.
  template <class T>
  T run(boost::asio::awaitable<T> task) {
    std::optional<T> result;
    boost::asio::co_spawn(context_, std::move(task), [&result](std::exception_ptr thrown, T value) {
      if (thrown) {
        std::rethrow_exception(thrown);
      }
      result.emplace(std::move(value));
    });
    context_.restart();
    context_.run();
    return std::move(*result);
  }

  /// Waits until `reached` says so of the process; a wait in vain fails by this function's own bound.
  void wait_until(bool (*reached)(pid_t), pid_t pid) {
    EXPECT_TRUE(run(becomes(reached, pid, in(std::chrono::seconds(60))))) << "process " << pid;
  }

  LocalProgress progress() {
    return [this](std::string_view line) { said_.emplace_back(line); };
  }

  static boost::asio::awaitable<bool> becomes(bool (*reached)(pid_t), pid_t pid, Clock::time_point give_up_at) {
    while (!reached(pid)) {
      if (Clock::now() > give_up_at) {
        co_return false;
      }
      co_await wait_shortly();
    }
    co_return true;
  }

  [[nodiscard]] std::filesystem::path state_dir() const { return folder_.path() / "state"; }

  TemporaryFolder folder_;
  boost::asio::io_context context_;
  std::vector<std::string> said_;
};

}  // namespace orchestrator::harness::providers::testing
