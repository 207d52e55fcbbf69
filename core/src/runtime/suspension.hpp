// SPDX-License-Identifier: Apache-2.0
#pragma once

// Leaving a coroutine's thread and coming back: work that blocks runs on a pool of threads, and the coroutine goes on
// on its own executor with the result. Such a wait cannot be cancelled: a sync or a read that has begun is carried
// through. The executor's context must outlive it.

#include "runtime/compiler_check.hpp"

#include <boost/asio/async_result.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <exception>
#include <functional>
#include <memory>
#include <mutex>
#include <type_traits>
#include <utility>

namespace orchestrator::harness::runtime {

/// Resumes a suspended coroutine with a value, or with an exception that it rethrows. To be called once, on any thread.
template <class T>
using Resume = std::move_only_function<void(std::exception_ptr, T)>;

/// Suspends the calling coroutine and gives `start` the means to resume it.
template <class T, class Start>
boost::asio::awaitable<T> suspend(Start start) {
  using Token = boost::asio::use_awaitable_t<>;
  return boost::asio::async_initiate<const Token, void(std::exception_ptr, T)>(
      [](auto handler, Start start_now) {
        auto work = boost::asio::make_work_guard(handler);
        start_now(Resume<T>(
            [handler = std::move(handler), work = std::move(work)](std::exception_ptr failure, T value) mutable {
              // Once the coroutine goes on, its context may end: it waits until this thread has let go of it, and the
              // work guard travels along.
              const auto letting_go = std::make_shared<std::mutex>();
              const std::lock_guard held(*letting_go);
              const auto executor = work.get_executor();
              auto go_on = [handler = std::move(handler), work = std::move(work), letting_go, failure,
                            value = std::move(value)]() mutable {
                {
                  const std::lock_guard let_go(*letting_go);
                }
                std::move(handler)(failure, std::move(value));
              };
              boost::asio::post(executor, std::move(go_on));
            }));
      },
      boost::asio::use_awaitable, std::move(start));
}

/// What `work` returns, from a thread of `pool`, which must outlive the wait.
template <class Work>
boost::asio::awaitable<std::invoke_result_t<Work>> run_blocking(boost::asio::thread_pool* pool, Work work) {
  using Value = std::invoke_result_t<Work>;
  return suspend<Value>([pool, work = std::move(work)](Resume<Value> resume) mutable {
    boost::asio::post(*pool, [work = std::move(work), resume = std::move(resume)]() mutable {
      Value value{};
      std::exception_ptr failure;
      try {
        value = work();
      } catch (...) {
        failure = std::current_exception();
      }
      resume(failure, std::move(value));
    });
  });
}

}  // namespace orchestrator::harness::runtime
