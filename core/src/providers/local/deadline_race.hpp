// SPDX-License-Identifier: Apache-2.0
#pragma once

// One Asio operation against a timer: whichever is done first cancels the other, and both have ended
// before the wait does. The timer, and whatever the operation refers to, must outlive the wait. For one
// thread or strand at a time, like the timer itself.

#include <boost/asio/deferred.hpp>
#include <boost/asio/experimental/parallel_group.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/error_code.hpp>
#include <tuple>
#include <utility>

#include "orchestrator/harness/awaitable.hpp"

namespace orchestrator::harness::providers {

/// Starts `operation` (made with `asio::deferred`; its first result is an error code) and waits until it
/// ends or `timer`, whose expiry is set, expires. Gives the operation's results; after the expiry and
/// after a cancellation the code is `operation_aborted`.
template <class Operation>
auto race(Operation operation, boost::asio::steady_timer* timer) {
  namespace asio = boost::asio;
  return asio::experimental::make_parallel_group(std::move(operation), timer->async_wait(asio::deferred))
      .async_wait(asio::experimental::wait_for_one(), asio::use_awaitable);
}

}  // namespace orchestrator::harness::providers
