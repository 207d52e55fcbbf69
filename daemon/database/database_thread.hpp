// SPDX-License-Identifier: Apache-2.0
#pragma once

// The thread of one small database: work waits for the disk there and not on the daemon's thread. Used on the daemon's
// thread.

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <functional>
#include <utility>

#include "orchestrator/harness/awaitable.hpp"
#include "orchestrator/harness/errors.hpp"

namespace orchestrator::daemon {

class DatabaseThread {
 public:
  DatabaseThread() = default;
  DatabaseThread(const DatabaseThread&) = delete;
  DatabaseThread& operator=(const DatabaseThread&) = delete;
  /// Waits for the work that was begun.
  ~DatabaseThread() { pool_.join(); }

  /// Carries the work out, one at a time in the order of the calls. What the work uses must outlive this object's
  /// destructor.
  template <class T>
  boost::asio::awaitable<harness::Result<T>> run(std::move_only_function<harness::Result<T>()> work) {
    auto working = as_coroutine<T>(std::move(work));
    co_return co_await boost::asio::co_spawn(pool_, std::move(working), boost::asio::use_awaitable);
  }

 private:
  template <class T>
  static boost::asio::awaitable<harness::Result<T>> as_coroutine(std::move_only_function<harness::Result<T>()> work) {
    co_return work();
  }

  boost::asio::thread_pool pool_{1};
};

}  // namespace orchestrator::daemon
