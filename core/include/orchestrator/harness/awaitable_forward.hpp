// SPDX-License-Identifier: Apache-2.0
#pragma once

// The name of the coroutine type of every operation that waits, without Asio. Who writes or awaits one includes
// awaitable.hpp.

namespace boost::asio {
class any_io_executor;
template <typename T, typename Executor>
class awaitable;
}  // namespace boost::asio

namespace orchestrator::harness {

/// A coroutine of Boost.Asio with its default executor.
template <class T>
using Awaitable = boost::asio::awaitable<T, boost::asio::any_io_executor>;

}  // namespace orchestrator::harness
