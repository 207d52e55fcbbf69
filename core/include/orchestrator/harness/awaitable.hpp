// SPDX-License-Identifier: Apache-2.0
#pragma once

// Asio's coroutine type, behind a check of the compiler. Whoever writes or awaits a coroutine of this
// library includes this header, directly or through another. An awaitable has one owner, starts when it
// is awaited or spawned, and runs on the executor that it was spawned on.

#if defined(__GNUC__) && !defined(__clang__) && __GNUC__ < 13
#error "GCC before 13 destroys temporaries of a co_await expression twice; use clang 19 or GCC 13 and newer"
#endif

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
