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

#include "tools/files/file_work.hpp"

namespace orchestrator::harness::tools {

/// The threads of all file tools of this process, two of them. They end with the process.
[[nodiscard]] boost::asio::thread_pool& file_threads();

/// The result of `work`, which ran on one of `threads`. It is not interrupted: the caller's context waits for it when
/// it ends meanwhile. The threads must outlive that.
template <class T>
boost::asio::awaitable<T> off_thread_on(boost::asio::thread_pool* threads, std::function<T()> work) {
  auto start = [threads](auto handler, std::function<T()> given) {
    const auto executor = boost::asio::get_associated_executor(handler);
    FileWork* under_way = FileWork::begin(boost::asio::query(executor, boost::asio::execution::context));
    auto on_file_thread = [handler = std::move(handler), given = std::move(given), under_way]() mutable {
      {
        auto own = std::move(handler);
        std::exception_ptr failure;
        T result{};
        try {
          result = given();
        } catch (...) {
          failure = std::current_exception();
        }
        given = nullptr;
        const auto back = boost::asio::get_associated_executor(own);
        boost::asio::post(back, [own = std::move(own), failure, result = std::move(result)]() mutable {
          std::move(own)(failure, std::move(result));
        });
      }
      under_way->end();
    };
    boost::asio::post(*threads, std::move(on_file_thread));
  };
  co_return co_await boost::asio::async_initiate<const boost::asio::use_awaitable_t<>, void(std::exception_ptr, T)>(
      std::move(start), boost::asio::use_awaitable, std::move(work));
}

/// The result of `work`, which ran on one of the file threads: what it does is short.
template <class T>
boost::asio::awaitable<T> off_thread(std::function<T()> work) {
  return off_thread_on<T>(&file_threads(), std::move(work));
}

}  // namespace orchestrator::harness::tools
