// SPDX-License-Identifier: Apache-2.0
#pragma once

// The sessions of a store: a session is what its runs say. Works over every `JournalStore`; the awaitables run on their
// caller's executor and may be begun on any thread. A `SessionStore` is a copyable handle that keeps its store alive.

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "orchestrator/harness/awaitable.hpp"
#include "orchestrator/harness/errors.hpp"
#include "orchestrator/harness/ids.hpp"
#include "orchestrator/harness/journal.hpp"
#include "orchestrator/harness/run_store.hpp"

namespace orchestrator::harness {

/// What the runs of one session add up to.
struct SessionSummary {
  SessionId session_id;
  std::uint64_t runs = 0;
  std::uint64_t active = 0;  // of them, without a terminal event
  std::uint64_t bytes = 0;   // of their journals
  WallTime started_at;       // of its first run
  WallTime last_event_at;    // of any of its runs
  std::string first_input;   // at most 200 bytes, on one line
};

/// A handle on the sessions of a store; copies share it. Any thread.
class SessionStore {
 public:
  explicit SessionStore(std::shared_ptr<JournalStore> store) : store_(std::move(store)) {}

  /// At most `limit` sessions, in the order of their newest runs. Looks at every run of the store.
  [[nodiscard]] boost::asio::awaitable<Result<std::vector<SessionSummary>>> list(std::uint32_t limit) const;
  /// All runs of a session, newest first. Error: `session_not_found` where it has none.
  [[nodiscard]] boost::asio::awaitable<Result<std::vector<RunSummary>>> runs(SessionId session_id) const;
  /// What would go with a session: its runs, but for those that a process has and those on which a run of another
  /// session builds. `RunStore::remove` carries it out. Looks at every run of the store. Errors: `session_not_found`.
  [[nodiscard]] boost::asio::awaitable<Result<RemovalPlan>> plan_removal(SessionId session_id) const;

 private:
  std::shared_ptr<JournalStore> store_;  // shared with whoever opened it
};

}  // namespace orchestrator::harness
