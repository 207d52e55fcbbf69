// SPDX-License-Identifier: Apache-2.0
#pragma once

// Work with the file system, away from the harness's thread, which must never wait for a disk.

#include "runtime/compiler_check.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <functional>
#include <utility>

namespace orchestrator::harness::tools {

/// The threads of all file tools of this process, two of them. They end with the process.
[[nodiscard]] boost::asio::thread_pool& file_threads();

template <class T>
boost::asio::awaitable<T> run_work(std::function<T()> work) {
  co_return work();
}

/// The result of `work`, which ran on one of the file threads. It is not interrupted: what it does is short.
template <class T>
boost::asio::awaitable<T> off_thread(std::function<T()> work) {
  auto running = run_work<T>(std::move(work));
  co_return co_await boost::asio::co_spawn(file_threads(), std::move(running), boost::asio::use_awaitable);
}

}  // namespace orchestrator::harness::tools
