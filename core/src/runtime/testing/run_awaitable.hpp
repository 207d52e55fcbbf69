// SPDX-License-Identifier: Apache-2.0
#pragma once

// Runs one coroutine to its end on a test's own io_context and returns what it returned.
// Throws what it threw, and `std::runtime_error` when it is still not done after the test's patience.

#include "runtime/compiler_check.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <exception>
#include <optional>
#include <stdexcept>
#include <utility>

#include "runtime/testing/gate.hpp"

namespace orchestrator::harness::runtime::testing {

/// Other work of `io` runs meanwhile; what is left of it when the coroutine ends stays queued.
template <class T>
T run_awaitable(boost::asio::io_context& io, boost::asio::awaitable<T> task) {
  std::optional<T> result;
  std::exception_ptr failure;
  boost::asio::co_spawn(io, std::move(task), [&](std::exception_ptr thrown, T value) {
    failure = thrown;
    result.emplace(std::move(value));
    io.stop();
  });
  io.restart();
  io.run_for(kTestPatience);
  if (failure) std::rethrow_exception(failure);
  if (!result) throw std::runtime_error("the coroutine did not end in time");
  return std::move(*result);
}

}  // namespace orchestrator::harness::runtime::testing
