// SPDX-License-Identifier: Apache-2.0
#pragma once

// The newest events of a live run, in memory for readers at its head. A reader that falls behind is told so and reads
// the store instead: the tail is bounded and never waits for anyone. Thread-safe; one thread appends.

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "orchestrator/harness/errors.hpp"
#include "orchestrator/harness/stream.hpp"

namespace orchestrator::harness::runtime {

/// The events of one step, shared by the readers that have yet to take them.
struct PublishedStep {
  std::vector<StreamEvent> events;
  std::size_t bytes = 0;
};

class EventTail {
 public:
  explicit EventTail(std::uint64_t bytes_max) : bytes_max_(bytes_max) {}

  /// Adds a step that is in the journal; readers see it once `publish` covers it.
  void append(std::shared_ptr<const PublishedStep> step);
  /// Events up to `seq` may be seen now.
  void publish(std::uint64_t seq);
  /// Nothing more will come: the run ended, or its journal broke.
  void close(std::optional<Error> error);

  using ReaderId = std::uint64_t;
  using Waiter = std::move_only_function<void()>;
  ReaderId add_reader(std::uint64_t next_seq);
  void remove_reader(ReaderId reader);

  enum class Status : std::uint8_t { step, behind, wait, ended };
  struct Fetched {
    Status status = Status::wait;
    std::shared_ptr<const PublishedStep> step;  // holds the event `next_seq`
    std::uint64_t visible_seq = 0;              // what a read of the store may show
    std::optional<Error> error;                 // of `ended`
  };
  /// The step with the event `next_seq`, which also tells the tail how far this reader is.
  Fetched fetch(ReaderId reader, std::uint64_t next_seq);
  /// Calls `waiter` once, from the appending thread, when `fetch` would no longer say `wait`; false when it would not
  /// say so now, and `waiter` is not kept. A reader has one waiter at a time.
  bool wait(ReaderId reader, std::uint64_t next_seq, Waiter& waiter);
  /// Takes a waiter back; empty when it has been called.
  Waiter cancel_wait(ReaderId reader);

 private:
  struct Reader {
    std::uint64_t next_seq = 1;
    Waiter waiter;
  };
  [[nodiscard]] bool must_wait(std::uint64_t next_seq) const { return next_seq > visible_seq_ && !closed_; }
  void trim();
  std::vector<Waiter> take_ready_waiters();

  const std::uint64_t bytes_max_;
  std::mutex mutex_;
  std::deque<std::shared_ptr<const PublishedStep>> steps_;  // bounded by bytes_max_
  std::uint64_t bytes_ = 0;
  std::uint64_t visible_seq_ = 0;
  bool closed_ = false;
  std::optional<Error> error_;
  std::map<ReaderId, Reader> readers_;
  ReaderId next_reader_ = 1;
};

}  // namespace orchestrator::harness::runtime
