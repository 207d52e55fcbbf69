// SPDX-License-Identifier: Apache-2.0
#pragma once

// Deadlines of many exchanges behind one timer. Entries are lazy: an entry may stand earlier than
// the exchange's true deadline and is then asked and moved when it comes up, so that a read changes
// nothing here as long as its deadline is not the earliest so far. One thread at a time.

#include <chrono>
#include <map>
#include <optional>

namespace orchestrator::harness::runtime {

class CurlExchange;

class CurlDeadlines {
 public:
  using Clock = std::chrono::steady_clock;
  using Queue = std::multimap<Clock::time_point, CurlExchange*>;

  /// The place of one exchange in the queue, kept inside the exchange; its node is used again and
  /// again, so that moving an entry allocates nothing.
  struct Entry {
    std::optional<Queue::iterator> position;
    Queue::node_type spare;
  };

  /// Makes sure that `exchange` comes up at `at` or earlier.
  void schedule(Entry& entry, CurlExchange& exchange, Clock::time_point at);

  /// Takes the entry out; the exchange will not come up.
  void remove(Entry& entry);

  /// When the first entry comes up, rounded up to whole milliseconds so that neighbours share a
  /// wake-up; nothing where there is none.
  [[nodiscard]] std::optional<Clock::time_point> earliest() const;

  /// The exchange of the first entry that is due at `now`, or nullptr; its entry must then be
  /// removed by the caller.
  [[nodiscard]] CurlExchange* due(Clock::time_point now) const;

 private:
  Queue queue_;
};

}  // namespace orchestrator::harness::runtime
