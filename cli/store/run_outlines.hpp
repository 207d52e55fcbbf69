// SPDX-License-Identifier: Apache-2.0
#pragma once

// Runs in outline, out of the store. Blocking; for one thread.

#include "cli/store/store_reader.hpp"
#include "event/run_outline.hpp"

namespace orchestrator::cli {

/// How much of a fork's past its outline holds.
enum class OutlineScope : std::uint8_t { own, with_source };

/// Errors: `run_not_found`, `journal_damaged`.
[[nodiscard]] harness::Result<harness::event::RunOutline> read_outline(StoreReader& store, const harness::RunId& run_id,
                                                                       OutlineScope scope);

}  // namespace orchestrator::cli
