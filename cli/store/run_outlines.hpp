// SPDX-License-Identifier: Apache-2.0
#pragma once

// Runs in outline, out of the store. Blocking; for one thread.

#include <optional>

#include "cli/store/store_reader.hpp"
#include "event/run_outline.hpp"

namespace orchestrator::cli {

/// The outline of a run with what it has of its sources. Errors: `run_not_found`, `not_supported` where its contents
/// were erased, `journal_damaged`.
[[nodiscard]] harness::Result<harness::event::RunOutline> read_outline(StoreReader& store,
                                                                       const harness::RunId& run_id);

/// The outline of what is good of a run, its own events alone, and what ends it early.
struct GoodOutline {
  harness::event::RunOutline outline;
  std::optional<harness::Error> damage;
};
/// Errors: `run_not_found`, `not_supported` where its contents were erased, and `journal_damaged` where nothing is
/// good.
[[nodiscard]] harness::Result<GoodOutline> read_good_outline(StoreReader& store, const harness::RunId& run_id);

}  // namespace orchestrator::cli
