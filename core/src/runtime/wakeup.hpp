// SPDX-License-Identifier: Apache-2.0
#pragma once

// One coroutine waits, another wakes it, both on one thread. `notify` resumes the waiter before it returns, so that
// handing work over on the same thread costs no trip through the event loop. Not thread-safe; at most one waiter.

#include "runtime/compiler_check.hpp"

#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/error_code.hpp>

#include <functional>
#include <utility>

namespace orchestrator::harness::runtime {

class Wakeup {
 public:
  Wakeup() = default;
  Wakeup(const Wakeup&) = delete;
  Wakeup& operator=(const Wakeup&) = delete;

  /// Waits for the next `notify`. Cancelling the coroutine ends the wait with `operation_aborted`. This object must
  /// outlive the wait.
  boost::asio::awaitable<void> wait() {
    return boost::asio::async_initiate<const boost::asio::use_awaitable_t<>, void(boost::system::error_code)>(
        [](auto handler, Wakeup* self) { self->park(std::move(handler)); }, boost::asio::use_awaitable, this);
  }

  /// Resumes the waiter, if there is one.
  void notify() { resume({}); }
  [[nodiscard]] bool has_waiter() const { return static_cast<bool>(waiter_); }

 private:
  template <class Handler>
  void park(Handler handler) {
    auto slot = boost::asio::get_associated_cancellation_slot(handler);
    if (slot.is_connected()) {
      slot.assign([this](boost::asio::cancellation_type) { resume(boost::asio::error::operation_aborted); });
    }
    waiter_ = [handler = std::move(handler)](boost::system::error_code error) mutable {
      auto own_slot = boost::asio::get_associated_cancellation_slot(handler);
      if (own_slot.is_connected()) own_slot.clear();
      std::move(handler)(error);
    };
  }

  void resume(boost::system::error_code error) {
    if (!waiter_) return;
    auto waiter = std::exchange(waiter_, nullptr);
    waiter(error);
  }

  std::move_only_function<void(boost::system::error_code)> waiter_;
};

}  // namespace orchestrator::harness::runtime
