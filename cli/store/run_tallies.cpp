// SPDX-License-Identifier: Apache-2.0
#include "cli/store/run_tallies.hpp"

#include <utility>

namespace orchestrator::cli {

harness::Result<RunTallies> read_tallies(StoreReader& store, const harness::RunId& run_id) {
  RunTallies tallies;
  std::uint64_t after_seq = 0;
  while (true) {
    auto page = store.events(run_id, after_seq);
    if (!page && page.error().code == harness::name_of(harness::RuntimeErrorCode::journal_damaged)) {
      tallies.damage = std::move(page.error());
      return tallies;
    }
    if (!page) {
      return std::unexpected(std::move(page.error()));
    }
    if (page->empty()) {
      return tallies;
    }
    for (const StoredEvent& stored : *page) {
      tallies.tools.add(stored.event);
      tallies.attempts.add(stored.event);
      after_seq = stored.event.meta.seq;
    }
  }
}

}  // namespace orchestrator::cli
