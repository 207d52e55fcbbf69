// SPDX-License-Identifier: Apache-2.0
#pragma once

// One reader's place in one run: events from the tail of a live run, else from the store. Used by one thread at a time;
// that may be any thread.

#include "runtime/compiler_check.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>

#include "orchestrator/harness/stream.hpp"
#include "runtime/engine.hpp"
#include "runtime/event_tail.hpp"

namespace orchestrator::harness::runtime {

class EventCursor {
 public:
  /// `tail` is empty for a run that no driver of this process has; then the cursor ends at the end of what is stored.
  EventCursor(std::shared_ptr<Engine> engine, RunId run_id, std::shared_ptr<EventTail> tail, std::uint64_t after_seq);
  ~EventCursor();
  EventCursor(const EventCursor&) = delete;
  EventCursor& operator=(const EventCursor&) = delete;

  /// The next event; empty after the last one. Errors: the store's, `journal_damaged`, `cancelled`, and
  /// `precondition_failed` where the run was changed in the store meanwhile, so that what was read no longer holds: a
  /// new cursor reads it from the start.
  boost::asio::awaitable<Result<std::optional<StreamEvent>>> next();
  /// The same, blocking; not on the harness's thread.
  Result<std::optional<StreamEvent>> next_blocking();
  [[nodiscard]] std::uint64_t next_seq() const { return next_seq_; }
  [[nodiscard]] const RunId& run_id() const { return run_id_; }
  /// Another reader of the same run.
  [[nodiscard]] std::unique_ptr<EventCursor> clone(std::uint64_t after_seq) const;
  /// The thread for user callbacks.
  [[nodiscard]] boost::asio::any_io_executor callback_executor() const { return engine_->callback_executor(); }

 private:
  enum class Found : std::uint8_t { event, need_store, need_wait, ended };
  Result<Found> look();
  std::optional<StreamEvent> take();
  boost::asio::awaitable<Result<void>> load_from_store();
  boost::asio::awaitable<Result<void>> check_epoch();
  boost::asio::awaitable<Result<void>> wait_for_tail();

  std::shared_ptr<Engine> engine_;  // shared: a reader may outlive the harness
  RunId run_id_;
  std::shared_ptr<EventTail> tail_;  // shared with the run's driver and its other readers
  EventTail::ReaderId reader_ = 0;
  std::uint64_t next_seq_;
  std::uint64_t visible_seq_ = 0;
  std::uint64_t epoch_ = 0;  // of the run when it was first read from the store; 0: not yet
  std::shared_ptr<const PublishedStep> step_;
  std::deque<StreamEvent> loaded_;  // one page of the store at most
  bool store_ended_ = false;
  bool saw_terminal_ = false;
};

}  // namespace orchestrator::harness::runtime
