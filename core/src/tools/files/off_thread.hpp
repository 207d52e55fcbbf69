// SPDX-License-Identifier: Apache-2.0
#pragma once

// Work with the file system, away from the harness's thread, which must never wait for a disk.

#include "runtime/compiler_check.hpp"

#include <boost/asio/associated_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <exception>
#include <functional>
#include <utility>

namespace orchestrator::harness::tools {

/// The threads of all file tools of this process, two of them. They end with the process.
[[nodiscard]] boost::asio::thread_pool& file_threads();

/// The result of `work`, which ran on one of the file threads. It is not interrupted: what it does is short. Once the
/// result is on its way, the file thread holds nothing of the caller's executor, whose context may end at once.
template <class T>
boost::asio::awaitable<T> off_thread(std::function<T()> work) {
  auto start = [](auto handler, std::function<T()> given) {
    auto on_file_thread = [handler = std::move(handler), given = std::move(given)]() mutable {
      std::exception_ptr failure;
      T result{};
      try {
        result = given();
      } catch (...) {
        failure = std::current_exception();
      }
      given = nullptr;
      const auto executor = boost::asio::get_associated_executor(handler);
      boost::asio::post(executor, [handler = std::move(handler), failure, result = std::move(result)]() mutable {
        std::move(handler)(failure, std::move(result));
      });
    };
    boost::asio::post(file_threads(), std::move(on_file_thread));
  };
  co_return co_await boost::asio::async_initiate<const boost::asio::use_awaitable_t<>, void(std::exception_ptr, T)>(
      std::move(start), boost::asio::use_awaitable, std::move(work));
}

}  // namespace orchestrator::harness::tools
