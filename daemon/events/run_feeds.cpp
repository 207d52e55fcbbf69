// SPDX-License-Identifier: Apache-2.0
#include "daemon/events/run_feeds.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <exception>
#include <utility>

#include "event/step.hpp"
#include "orchestrator/harness/run_store.hpp"
#include "runtime/run_epochs.hpp"
#include "runtime/run_reader.hpp"

namespace orchestrator::daemon {
namespace {

namespace asio = boost::asio;
using harness::fail;
using harness::Result;
using harness::RunId;
using harness::RuntimeErrorCode;
using namespace std::chrono_literals;

constexpr std::uint64_t kPageBytes = 256ULL << 10;

void ignore_end(const std::exception_ptr& failure) { static_cast<void>(failure); }

}  // namespace

asio::awaitable<Result<RunFeeds::FeedPtr>> RunFeeds::open(RunId run_id) {
  auto self = shared_from_this();
  if (closed_) co_return fail(RuntimeErrorCode::harness_closed, "the daemon is stopping", run_id.str());
  if (const auto found = feeds_.find(run_id); found != feeds_.end()) {
    if (FeedPtr feed = found->second.lock(); feed && !feed->is_closed()) co_return feed;
  }
  auto handle = co_await harness_.async_open_run(run_id);
  if (!handle) co_return std::unexpected(std::move(handle.error()));
  // Asked for before the events: a change in between is noticed by whoever compares it later.
  auto epoch = co_await harness::runtime::epoch_of(harness_.store(), run_id);
  if (!epoch) co_return std::unexpected(std::move(epoch.error()));
  const harness::RunStore runs(harness_.store());
  auto summary = co_await runs.get(run_id);
  if (!summary) co_return std::unexpected(std::move(summary.error()));
  auto feed = std::make_shared<RunFeed>(summary->events, *epoch);
  if (summary->status != harness::RunStatus::active) {
    feed->close();
    co_return feed;
  }
  // Another reader may have been as quick.
  if (const auto found = feeds_.find(run_id); found != feeds_.end()) {
    if (FeedPtr other = found->second.lock(); other && !other->is_closed()) co_return other;
  }
  feeds_[run_id] = feed;
  const bool is_ours = !handle->session_id().is_zero();
  auto feeding = is_ours ? feed_from_run(feed, handle->reader(summary->events)) : feed_from_store(feed, run_id);
  auto keeping = keep(feed, run_id, std::move(feeding));
  asio::co_spawn(harness_.executor(), std::move(keeping), ignore_end);
  co_return feed;
}

asio::awaitable<void> RunFeeds::keep(FeedPtr feed, RunId run_id, asio::awaitable<void> feeding) {
  auto self = shared_from_this();
  try {
    co_await std::move(feeding);
  } catch (const std::exception& failure) {
    feed->close(fail(RuntimeErrorCode::internal, failure.what(), run_id.str()).error());
  }
  feed->close();
  const auto found = feeds_.find(run_id);
  if (found != feeds_.end() && found->second.lock() == feed) feeds_.erase(found);
}

asio::awaitable<void> RunFeeds::feed_from_run(FeedPtr feed, harness::RunHandle reader) {
  // Two references are held while it is fed: here and in `keep`.
  while (!feed->is_closed() && feed.use_count() > 2) {
    auto event = co_await reader.next();
    if (!event) {
      feed->close(std::move(event.error()));
      co_return;
    }
    if (!*event || feed->is_closed()) co_return;
    feed->publish(std::make_shared<const EventFrame>(**event));
  }
}

// It ends as well where the run was changed in its store: the readers find another epoch then.
asio::awaitable<void> RunFeeds::feed_from_store(FeedPtr feed, RunId run_id) {
  const harness::runtime::ReadingPlace head{feed->next_seq() - 1, feed->epoch()};
  harness::runtime::RunReader reader(harness_.store(), run_id, head);
  while (!feed->is_closed() && feed.use_count() > 2) {
    auto page = co_await reader.next(kPageBytes);
    if (!page) {
      feed->close(std::move(page.error()));
      co_return;
    }
    if (page->is_reset || page->epoch != feed->epoch()) co_return;
    for (const harness::JournalLine& line : page->lines) {
      auto step = harness::event::read_step(line.bytes);
      if (!step) {
        feed->close(std::move(step.error()));
        co_return;
      }
      for (std::size_t at = 0; at < step->events.size(); ++at) {
        if (step->events[at].meta.seq != feed->next_seq()) continue;
        feed->publish(std::make_shared<const EventFrame>(step->events[at], step->event_bytes[at]));
        if (step->events[at].is_terminal()) co_return;
      }
    }
    if (!page->lines.empty()) continue;
    auto came = co_await reader.wait(std::chrono::steady_clock::now() + 1s);
    if (!came) {
      feed->close(std::move(came.error()));
      co_return;
    }
  }
}

void RunFeeds::restart(const RunId& run_id) {
  const auto found = feeds_.find(run_id);
  if (found == feeds_.end()) return;
  if (const FeedPtr feed = found->second.lock(); feed) feed->close();
  feeds_.erase(found);
}

void RunFeeds::close() {
  closed_ = true;
  for (const auto& [run_id, weak] : feeds_) {
    if (const FeedPtr feed = weak.lock(); feed) feed->close();
  }
}

}  // namespace orchestrator::daemon
