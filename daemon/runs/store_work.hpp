// SPDX-License-Identifier: Apache-2.0
#pragma once

// Long work with the store, away from the daemon's thread: reading runs through, writing and taking in files. Bounded.
// Begun on the daemon's thread.

#include "runtime/compiler_check.hpp"

#include <boost/asio/thread_pool.hpp>

#include <cstddef>
#include <functional>
#include <string>
#include <utility>

#include "cli/store/blocking_wait.hpp"
#include "orchestrator/harness/awaitable.hpp"
#include "orchestrator/harness/errors.hpp"
#include "tools/files/off_thread.hpp"

namespace orchestrator::daemon {

/// The threads of such work, two of them. They end with the process.
[[nodiscard]] boost::asio::thread_pool& store_threads();

class StoreWork {
 public:
  static constexpr std::size_t kWaitingMax = 32;  // with what is under way

  /// What `work` gives, which ran to its end on one of the store threads; the harness waits for it when it closes
  /// meanwhile. `work` shares what it uses. Error: `queue_full`.
  template <class T>
  boost::asio::awaitable<harness::Result<T>> run_blocking(std::function<harness::Result<T>()> work) {
    if (under_way_ >= kWaitingMax) {
      co_return harness::fail(harness::RuntimeErrorCode::queue_full,
                              "there is too much of such work under way: " + std::to_string(kWaitingMax));
    }
    const Counted counted(under_way_);
    auto working = harness::tools::off_thread_on<harness::Result<T>>(&store_threads(), std::move(work));
    co_return co_await std::move(working);
  }
  /// The same of a coroutine, which has that thread for itself.
  template <class T>
  boost::asio::awaitable<harness::Result<T>> run(std::function<boost::asio::awaitable<harness::Result<T>>()> work) {
    std::function<harness::Result<T>()> blocking = [work = std::move(work)] { return cli::wait_for(work()); };
    return run_blocking<T>(std::move(blocking));
  }

 private:
  class Counted {
   public:
    explicit Counted(std::size_t& count) : count_(count) { count_ += 1; }
    Counted(const Counted&) = delete;
    Counted& operator=(const Counted&) = delete;
    ~Counted() { count_ -= 1; }

   private:
    std::size_t& count_;
  };

  std::size_t under_way_ = 0;
};

}  // namespace orchestrator::daemon
