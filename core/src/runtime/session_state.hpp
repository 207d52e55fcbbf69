// SPDX-License-Identifier: Apache-2.0
#pragma once

// One session of one harness: the order of its runs and a bounded copy of its history. Thread-safe where it says so;
// the rest runs on the harness's thread.

#include "runtime/compiler_check.hpp"

#include <boost/asio/awaitable.hpp>

#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "event/context_entry.hpp"
#include "event/input.hpp"
#include "orchestrator/harness/run.hpp"
#include "orchestrator/harness/session.hpp"
#include "runtime/engine.hpp"
#include "runtime/session_history.hpp"
#include "runtime/wakeup.hpp"

namespace orchestrator::harness::runtime {

class SessionState : public std::enable_shared_from_this<SessionState> {
 public:
  SessionState(std::shared_ptr<Engine> engine, SessionId id, SessionConfig config, SessionHistory history);

  [[nodiscard]] const SessionId& id() const { return id_; }
  [[nodiscard]] const std::shared_ptr<Engine>& engine() const { return engine_; }
  [[nodiscard]] std::vector<ConversationItem> history() const;  // any thread
  [[nodiscard]] bool is_idle() const;                           // any thread

  /// Waits for the session's turn, then starts the run.
  boost::asio::awaitable<Result<RunHandle>> start(RunBuilder builder);

 private:
  boost::asio::awaitable<Result<void>> enter(bool only_if_idle);
  void leave();
  boost::asio::awaitable<Result<RunHandle>> start_now(RunBuilder builder);

  const std::shared_ptr<Engine> engine_;  // shared by all sessions of the harness
  const SessionId id_;
  const SessionConfig config_;
  mutable std::mutex mutex_;  // of the next two
  SessionHistory history_;
  bool busy_ = false;
  std::deque<std::shared_ptr<Wakeup>> waiting_;  // bounded by SessionConfig::runs_waiting; shared with the waiter
};

}  // namespace orchestrator::harness::runtime
