// SPDX-License-Identifier: Apache-2.0
#pragma once

// One reader's place in the stored lines of one run. It reads page by page; where what it has read no longer holds, it
// is told so (a reset) and goes on from the beginning. One thread at a time; the coroutines keep the store, and end
// before the reader.

#include "runtime/compiler_check.hpp"

#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <cstdint>
#include <memory>
#include <vector>

#include "orchestrator/harness/journal.hpp"

namespace orchestrator::harness::runtime {

/// Where a reader goes on: what it read last, and the epoch that the run had then.
struct ReadingPlace {
  std::uint64_t seq = 0;    // of the last event that was read
  std::uint64_t epoch = 0;  // 0: not known
};

struct RunPage {
  bool is_reset = false;  // forget what was read: the next page begins with event 1. No lines come with it
  std::uint64_t epoch = 1;
  std::vector<JournalLine> lines;  // empty, without a reset: there is nothing more now
};

class RunReader {
 public:
  RunReader(std::shared_ptr<JournalStore> store, RunId run_id, ReadingPlace place = {});

  /// The next lines, at least one if there is any, at most about `bytes_max`; or a reset. Errors: those of
  /// `JournalStore::read`.
  boost::asio::awaitable<Result<RunPage>> next(std::uint64_t bytes_max);
  /// Waits until `next` has something to say, or until `deadline`; true in the first case. A change of the epoch is
  /// noticed within a second. Errors as of `JournalStore::wait`.
  boost::asio::awaitable<Result<bool>> wait(std::chrono::steady_clock::time_point deadline);

  [[nodiscard]] const ReadingPlace& place() const { return place_; }
  /// Goes on after this event. REQUIRES: one of the last page.
  void move_to(std::uint64_t seq) { place_.seq = seq; }

 private:
  boost::asio::awaitable<Result<bool>> is_changed();

  std::shared_ptr<JournalStore> store_;  // shared with whoever opened it
  const RunId run_id_;
  ReadingPlace place_;
};

}  // namespace orchestrator::harness::runtime
