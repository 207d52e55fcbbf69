// SPDX-License-Identifier: Apache-2.0
#include "daemon/events/run_feed.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <utility>

namespace orchestrator::daemon {

namespace asio = boost::asio;

void RunFeed::publish(SharedFrame frame) {
  bytes_ += frame->text()->size();
  frames_.push_back(std::move(frame));
  while (bytes_ > kBytesMax && frames_.size() > 1) {
    bytes_ -= frames_.front()->text()->size();
    frames_.pop_front();
    first_ += 1;
  }
  wake_all();
}

void RunFeed::close(std::optional<harness::Error> error) {
  if (closed_) return;
  closed_ = true;
  error_ = std::move(error);
  wake_all();
}

std::vector<SharedFrame> RunFeed::after(std::uint64_t seq, std::size_t bytes_max) const {
  std::vector<SharedFrame> found;
  std::size_t bytes = 0;
  for (std::uint64_t next = seq + 1; next < next_seq(); ++next) {
    const SharedFrame& frame = frames_[static_cast<std::size_t>(next - first_)];
    bytes += frame->text()->size();
    if (!found.empty() && bytes > bytes_max) break;
    found.push_back(frame);
  }
  return found;
}

asio::awaitable<void> RunFeed::wait(std::uint64_t seq, std::chrono::steady_clock::time_point deadline) {
  asio::steady_timer timer(co_await asio::this_coro::executor, deadline);
  if (closed_ || seq + 1 < next_seq()) co_return;
  waiting_.insert(&timer);
  co_await timer.async_wait(asio::as_tuple(asio::use_awaitable));
  waiting_.erase(&timer);
}

void RunFeed::wake_all() {
  // Each leaves the set by itself once it runs.
  for (asio::steady_timer* timer : waiting_) timer->cancel();
}

}  // namespace orchestrator::daemon
