// SPDX-License-Identifier: Apache-2.0
#include "journal/run_signal.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <utility>

namespace orchestrator::harness::journal {

namespace asio = boost::asio;

void RunSignal::written(std::uint64_t last_seq) {
  std::unique_lock lock(mutex_);
  written_seq_ = last_seq;
  wake(std::move(lock));
}

void RunSignal::released() {
  std::unique_lock lock(mutex_);
  written_seq_.reset();
  wake(std::move(lock));
}

void RunSignal::notify() { wake(std::unique_lock(mutex_)); }

void RunSignal::wake(std::unique_lock<std::mutex> lock) {
  ++version_;
  if (waiters_.empty()) return;
  const auto waiters = std::exchange(waiters_, {});
  lock.unlock();
  for (const auto& waiter : waiters) {
    const std::lock_guard waiter_lock(waiter->mutex);
    waiter->is_done = true;
    if (waiter->timer) waiter->timer->cancel();
  }
}

std::uint64_t RunSignal::version() const {
  const std::lock_guard lock(mutex_);
  return version_;
}

std::optional<std::uint64_t> RunSignal::written_seq() const {
  const std::lock_guard lock(mutex_);
  return written_seq_;
}

RunSignal::Registration::~Registration() {
  {
    const std::lock_guard lock(signal->mutex_);
    std::erase(signal->waiters_, waiter);
  }
  const std::lock_guard lock(waiter->mutex);
  waiter->timer.reset();
}

asio::awaitable<bool> RunSignal::changed(std::uint64_t seen, TimePoint until) {
  const Registration registration{this, std::make_shared<Waiter>()};
  registration.waiter->timer.emplace(co_await asio::this_coro::executor, until);
  bool is_changed = false;
  {
    const std::lock_guard lock(mutex_);
    is_changed = version_ != seen;
    if (!is_changed) waiters_.push_back(registration.waiter);
  }
  if (is_changed) co_return true;
  constexpr auto kToken = asio::as_tuple(asio::use_awaitable);
  const auto begin_wait = [](auto handler, std::shared_ptr<Waiter> waiter) {
    const std::lock_guard lock(waiter->mutex);
    // Woken between the two: wait for a moment that is past.
    if (waiter->is_done) waiter->timer->expires_at(TimePoint::min());
    waiter->timer->async_wait(std::move(handler));
  };
  co_await asio::async_initiate<decltype(kToken), void(boost::system::error_code)>(begin_wait, kToken,
                                                                                   registration.waiter);
  const auto cancellation = co_await asio::this_coro::cancellation_state;
  co_return cancellation.cancelled() == asio::cancellation_type::none;
}

std::shared_ptr<RunSignal> RunSignals::of(const RunId& run_id) {
  const std::lock_guard lock(mutex_);
  std::weak_ptr<RunSignal>& entry = signals_[run_id];
  if (auto signal = entry.lock()) return signal;
  auto signal = std::make_shared<RunSignal>();
  entry = signal;
  if (signals_.size() >= sweep_at_) {
    std::erase_if(signals_, [](const auto& one) { return one.second.expired(); });
    sweep_at_ = std::max<std::size_t>(64, 2 * signals_.size());
  }
  return signal;
}

std::shared_ptr<RunSignal> RunSignals::find(const RunId& run_id) const {
  const std::lock_guard lock(mutex_);
  const auto found = signals_.find(run_id);
  return found == signals_.end() ? nullptr : found->second.lock();
}

}  // namespace orchestrator::harness::journal
