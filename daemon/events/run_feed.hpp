// SPDX-License-Identifier: Apache-2.0
#pragma once

// The newest events of one run, encoded once for all who follow it. It is bounded, and waits for nobody: who falls
// behind it reads the journal until it is back. On the daemon's thread.

#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <set>
#include <vector>

#include "daemon/events/event_frame.hpp"
#include "orchestrator/harness/awaitable.hpp"
#include "orchestrator/harness/errors.hpp"

namespace orchestrator::daemon {

class RunFeed {
 public:
  static constexpr std::size_t kBytesMax = 256UL << 10;

  /// A feed whose first event will be the one after `head`, of a run that has this epoch in its store.
  explicit RunFeed(std::uint64_t head, std::uint64_t epoch = 1) : epoch_(epoch), first_(head + 1) {}

  /// Adds the next event. REQUIRES: its seq is `next_seq()`.
  void publish(SharedFrame frame);
  /// Nothing more will come.
  void close(std::optional<harness::Error> error = std::nullopt);

  /// The first event that it holds, or will hold.
  [[nodiscard]] std::uint64_t first_seq() const { return first_; }
  [[nodiscard]] std::uint64_t next_seq() const { return first_ + frames_.size(); }
  [[nodiscard]] std::uint64_t epoch() const { return epoch_; }
  [[nodiscard]] bool is_closed() const { return closed_; }
  [[nodiscard]] const std::optional<harness::Error>& error() const { return error_; }
  /// Whether the event after `seq` is older than what it holds.
  [[nodiscard]] bool is_behind(std::uint64_t seq) const { return seq + 1 < first_; }
  /// What it holds after `seq`, at least one event and at most about `bytes_max`; empty where there is nothing yet.
  /// REQUIRES: not behind.
  [[nodiscard]] std::vector<SharedFrame> after(std::uint64_t seq, std::size_t bytes_max) const;
  /// Returns once there is something after `seq`, or the feed is closed, or at `deadline`.
  boost::asio::awaitable<void> wait(std::uint64_t seq, std::chrono::steady_clock::time_point deadline);

 private:
  void wake_all();

  const std::uint64_t epoch_;
  std::uint64_t first_;
  std::deque<SharedFrame> frames_;  // dense from first_
  std::size_t bytes_ = 0;
  bool closed_ = false;
  std::optional<harness::Error> error_;
  std::set<boost::asio::steady_timer*> waiting_;  // of the coroutines in `wait`
};

}  // namespace orchestrator::daemon
