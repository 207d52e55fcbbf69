// SPDX-License-Identifier: Apache-2.0
#pragma once

// Removing a run from a jsonl store: gone in one step, its files after that. Functions on a store's folder; any thread.

#include "journal/disk.hpp"
#include "journal/store_folder.hpp"
#include "orchestrator/harness/errors.hpp"
#include "orchestrator/harness/ids.hpp"

namespace orchestrator::harness::journal {

/// Removes all files of a run, durably. Blobs stay: other runs may refer to them. Errors: `run_not_found`,
/// `run_locked`, and those of `storage_error`.
[[nodiscard]] Result<void> remove_run_files(const StoreFolder& folder, Disk& disk, const RunId& run_id);

}  // namespace orchestrator::harness::journal
