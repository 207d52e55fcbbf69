// SPDX-License-Identifier: Apache-2.0
#pragma once

// Running an operation of a store to its end on the caller's thread: the command line has no loop of its own.

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <exception>
#include <optional>
#include <utility>

#include "orchestrator/harness/awaitable.hpp"

namespace orchestrator::cli {

/// What `operation` returns; throws what it threw. Blocks until then: the operation has its own deadline, or none.
template <class T>
T wait_for(boost::asio::awaitable<T> operation) {
  boost::asio::io_context context(1);
  std::optional<T> result;
  std::exception_ptr failure;
  boost::asio::co_spawn(context, std::move(operation), [&](std::exception_ptr error, T value) {
    failure = error;
    result.emplace(std::move(value));
  });
  context.run();
  if (failure) {
    std::rethrow_exception(failure);
  }
  return *std::move(result);
}

}  // namespace orchestrator::cli
