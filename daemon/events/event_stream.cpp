// SPDX-License-Identifier: Apache-2.0
#include "daemon/events/event_stream.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <utility>
#include <vector>

namespace orchestrator::daemon {
namespace {

namespace asio = boost::asio;
using Clock = std::chrono::steady_clock;

constexpr std::size_t kWriteBytes = 64UL << 10;
constexpr auto kAllowedFor = std::chrono::seconds(1);

/// What one subscriber has seen, and how it is written to it.
class Subscriber {
 public:
  Subscriber(std::shared_ptr<RunFeed> feed, std::shared_ptr<harness::RunHandle> reader, StreamOrder order,
             BodyWriter& writer)
      : feed_(std::move(feed)), reader_(std::move(reader)), order_(std::move(order)), writer_(writer) {}

  asio::awaitable<bool> run();

 private:
  asio::awaitable<bool> catch_up();
  asio::awaitable<bool> follow();
  asio::awaitable<bool> send(std::vector<SharedFrame> frames);
  asio::awaitable<bool> send_notice(SharedText notice);
  asio::awaitable<void> gather();

  std::shared_ptr<RunFeed> feed_;
  std::shared_ptr<harness::RunHandle> reader_;
  StreamOrder order_;
  BodyWriter& writer_;
  Clock::time_point written_at_ = Clock::now();
  bool was_live_ = false;
  bool has_ended_ = false;
  bool is_gone_ = false;  // nobody takes what is written
};

asio::awaitable<bool> Subscriber::run() {
  bool goes_on = true;
  while (goes_on && !has_ended_) {
    if (order_.is_allowed && !order_.is_allowed()) co_return false;
    const bool is_behind = feed_->is_behind(order_.after_seq);
    auto next = is_behind ? catch_up() : follow();
    goes_on = co_await std::move(next);
  }
  co_return !is_gone_;
}

// Reads the journal up to where the feed begins. It never waits long: all of that is there.
asio::awaitable<bool> Subscriber::catch_up() {
  if (was_live_) {
    was_live_ = false;
    auto telling = send_notice(notice_frame("lagged", "{\"after\":" + std::to_string(order_.after_seq) +
                                                          ",\"head\":" + std::to_string(feed_->next_seq() - 1) + "}"));
    const bool told = co_await std::move(telling);
    if (!told) co_return false;
  }
  harness::RunHandle reader = reader_->reader(order_.after_seq);
  while (!has_ended_ && feed_->is_behind(order_.after_seq)) {
    std::vector<SharedFrame> frames;
    std::uint64_t last = order_.after_seq;
    std::size_t bytes = 0;
    while (bytes < kWriteBytes && feed_->is_behind(last)) {
      auto event = co_await reader.next();
      if (!event || !*event) {
        if (frames.empty()) co_return false;  // the journal ends before it should: the client may come again
        break;
      }
      auto frame = std::make_shared<const EventFrame>(**event);
      last = frame->seq();
      bytes += frame->text()->size();
      frames.push_back(std::move(frame));
    }
    auto sending = send(std::move(frames));
    const bool sent = co_await std::move(sending);
    if (!sent || (order_.is_allowed && !order_.is_allowed())) co_return false;
  }
  co_return true;
}

asio::awaitable<bool> Subscriber::follow() {
  std::vector<SharedFrame> frames = feed_->after(order_.after_seq, kWriteBytes);
  if (!frames.empty()) {
    was_live_ = true;
    co_return co_await send(std::move(frames));
  }
  if (feed_->is_closed()) co_return false;
  was_live_ = true;
  co_await feed_->wait(order_.after_seq, std::min(written_at_ + order_.heartbeat, Clock::now() + kAllowedFor));
  if (feed_->next_seq() > order_.after_seq + 1) {
    if (order_.batch.count() > 0 && !feed_->is_closed()) co_await gather();
    co_return true;
  }
  if (Clock::now() < written_at_ + order_.heartbeat) co_return true;
  co_return co_await send_notice(notice_frame("heartbeat", "{}"));
}

asio::awaitable<void> Subscriber::gather() {
  asio::steady_timer timer(co_await asio::this_coro::executor, order_.batch);
  co_await timer.async_wait(asio::as_tuple(asio::use_awaitable));
}

asio::awaitable<bool> Subscriber::send(std::vector<SharedFrame> frames) {
  order_.after_seq = frames.back()->seq();
  has_ended_ = frames.back()->is_terminal();
  if (!order_.types.empty()) {
    std::erase_if(frames, [this](const SharedFrame& frame) { return !order_.types.contains(frame->type()); });
  }
  if (frames.empty()) co_return true;
  std::vector<SharedText> pieces;
  if (order_.batch.count() > 0) {
    pieces.push_back(batch_frame(frames));
  } else {
    for (const SharedFrame& frame : frames) pieces.push_back(frame->text());
  }
  const bool sent = co_await writer_.write(std::move(pieces));
  written_at_ = Clock::now();
  is_gone_ = !sent;
  co_return sent;
}

asio::awaitable<bool> Subscriber::send_notice(SharedText notice) {
  std::vector<SharedText> pieces;
  pieces.push_back(std::move(notice));
  const bool sent = co_await writer_.write(std::move(pieces));
  written_at_ = Clock::now();
  is_gone_ = !sent;
  co_return sent;
}

}  // namespace

asio::awaitable<bool> stream_events(std::shared_ptr<RunFeed> feed, std::shared_ptr<harness::RunHandle> reader,
                                    StreamOrder order, BodyWriter* writer) {
  Subscriber subscriber(std::move(feed), std::move(reader), std::move(order), *writer);
  auto running = subscriber.run();
  co_return co_await std::move(running);
}

}  // namespace orchestrator::daemon
