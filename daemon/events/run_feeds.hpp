// SPDX-License-Identifier: Apache-2.0
#pragma once

// The feeds of the runs that somebody follows, one a run. A feed begins with its first reader and ends after its last,
// or with its run. On the daemon's thread.

#include <cstddef>
#include <map>
#include <memory>

#include "daemon/events/run_feed.hpp"
#include "orchestrator/harness/harness.hpp"

namespace orchestrator::daemon {

class RunFeeds : public std::enable_shared_from_this<RunFeeds> {
 public:
  /// REQUIRES: the harness outlives it.
  explicit RunFeeds(harness::Harness& harness) : harness_(harness) {}

  /// The feed of a run: of one that this harness has, fed by its reader; of one that another process has, by its
  /// journal; of one that has ended, closed and empty. Errors: `run_not_found`, `storage_*`.
  boost::asio::awaitable<harness::Result<std::shared_ptr<RunFeed>>> open(harness::RunId run_id);
  /// Lets the readers of a run end, to come again: it has changed hands.
  void restart(const harness::RunId& run_id);
  /// Lets all readers end, and takes no more.
  void close();
  [[nodiscard]] std::size_t size() const { return feeds_.size(); }

 private:
  using FeedPtr = std::shared_ptr<RunFeed>;
  boost::asio::awaitable<void> feed_from_run(FeedPtr feed, harness::RunHandle reader);
  boost::asio::awaitable<void> feed_from_store(FeedPtr feed, harness::RunId run_id);
  boost::asio::awaitable<void> keep(FeedPtr feed, harness::RunId run_id, boost::asio::awaitable<void> feeding);

  harness::Harness& harness_;
  std::map<harness::RunId, std::weak_ptr<RunFeed>> feeds_;
  bool closed_ = false;
};

}  // namespace orchestrator::daemon
