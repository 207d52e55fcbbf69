// SPDX-License-Identifier: Apache-2.0
#pragma once

// The events of one run as they come, to one subscriber: what it missed out of the journal, then what is new out of the
// run's feed, each exactly once and in order. On the daemon's thread.

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <set>
#include <string>

#include "daemon/events/run_feed.hpp"
#include "daemon/http/reply.hpp"
#include "orchestrator/harness/run.hpp"

namespace orchestrator::daemon {

/// What a subscriber asked for.
struct StreamOrder {
  std::uint64_t after_seq = 0;
  std::set<std::string, std::less<>> types;     // empty: all
  std::chrono::milliseconds batch{0};           // how long events are gathered for one frame; 0: each has its own
  std::chrono::milliseconds heartbeat{15'000};  // after so long without a frame, one that says only that
  std::function<bool()> is_allowed = {};        // asked every second or so; empty: always
};

/// Writes until the run has ended, the feed is closed, or nobody takes what is written or may: false in the last case.
/// `reader` is any reader of the run; `writer` outlives the call.
boost::asio::awaitable<bool> stream_events(std::shared_ptr<RunFeed> feed, std::shared_ptr<harness::RunHandle> reader,
                                           StreamOrder order, BodyWriter* writer);

}  // namespace orchestrator::daemon
