// SPDX-License-Identifier: Apache-2.0
#pragma once

// The blocking form of a coroutine: runs it on the harness's thread and waits. Any thread but that one.

#include "runtime/compiler_check.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_future.hpp>

#include <utility>

#include "orchestrator/harness/errors.hpp"
#include "runtime/engine.hpp"

namespace orchestrator::harness::runtime {

/// The coroutine's result. On the harness's own thread, where waiting would never end, `not_supported`.
template <class T>
Result<T> block_on(const Engine& engine, boost::asio::awaitable<Result<T>> operation) {
  if (engine.on_io_thread()) {
    return fail(RuntimeErrorCode::not_supported,
                "a blocking call on the harness's own thread would wait for itself: use the awaitable form");
  }
  return boost::asio::co_spawn(engine.executor(), std::move(operation), boost::asio::use_future).get();
}

}  // namespace orchestrator::harness::runtime
