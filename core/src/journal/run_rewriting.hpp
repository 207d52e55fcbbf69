// SPDX-License-Identifier: Apache-2.0
#pragma once

// Putting another form into the place of a run in a jsonl store: it is written beside the journal and becomes it by one
// rename, whenever the process may end. Functions on a store's folder; they block; any thread.

#include "journal/disk.hpp"
#include "journal/line_rewrite.hpp"
#include "journal/store_folder.hpp"

namespace orchestrator::harness::journal {

/// As `RewritingStore::rewrite`. Contents that only the old form referred to are noted, and go with `drop_contents`.
[[nodiscard]] Result<void> rewrite_run_files(const StoreFolder& folder, Disk& disk, const RunId& run_id,
                                             const RunRewrite& rewrite);

}  // namespace orchestrator::harness::journal
