// SPDX-License-Identifier: Apache-2.0
#pragma once

// Reading the events of one run page by page, and being told where what was read no longer holds. Blocking, on the
// caller's thread; for one thread.

#include <cstdint>
#include <vector>

#include "cli/store/store_reader.hpp"
#include "runtime/run_reader.hpp"

namespace orchestrator::cli {

struct EventPage {
  bool is_reset = false;  // the run was changed in its store: the next page begins with its first event
  std::uint64_t epoch = 1;
  std::vector<StoredEvent> events;  // empty, without a reset: there is nothing more now
};

class EventReader {
 public:
  /// From the event after `after_seq` on. The store must outlive it.
  EventReader(StoreReader& store, const harness::RunId& run_id, std::uint64_t after_seq);

  /// Errors: `run_not_found`, `journal_damaged`.
  [[nodiscard]] harness::Result<EventPage> next();
  /// Waits at most `wait_ms` until `next` has something to say; true where it has.
  [[nodiscard]] harness::Result<bool> wait(std::uint32_t wait_ms);
  /// The last event that was read; 0 before the first.
  [[nodiscard]] std::uint64_t seq() const { return reader_.place().seq; }

 private:
  harness::runtime::RunReader reader_;
};

}  // namespace orchestrator::cli
