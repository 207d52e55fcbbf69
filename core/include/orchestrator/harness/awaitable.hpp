// SPDX-License-Identifier: Apache-2.0
#pragma once

// The coroutine type of every operation that waits, behind a check of the compiler. Each header and
// source with a coroutine includes this one, directly or through another. An awaitable has one owner,
// starts when it is awaited or spawned, and is resumed on the executor that it was spawned on.

#if defined(__GNUC__) && !defined(__clang__) && __GNUC__ < 13
#error "GCC before 13 destroys temporaries of a co_await expression twice; use clang 19 or GCC 13 and newer"
#endif

#include <boost/asio/awaitable.hpp>

namespace orchestrator::harness {

/// What a coroutine of this library returns. Must be awaited, or spawned with a handler for its errors.
template <class T = void>
using Awaitable = boost::asio::awaitable<T>;

}  // namespace orchestrator::harness
