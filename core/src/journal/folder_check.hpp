// SPDX-License-Identifier: Apache-2.0
#pragma once

// Whether the files of a jsonl store belong together: what reading the journals does not show. Functions on a store's
// folder that block; any thread.

#include <optional>
#include <vector>

#include "journal/run_check.hpp"
#include "journal/store_folder.hpp"

namespace orchestrator::harness::journal {

/// Of one run, or of the whole folder. Errors: those of `storage_error`.
[[nodiscard]] Result<std::vector<Flaw>> check_folder(const StoreFolder& folder, const std::optional<RunId>& run_id);

/// As `SelfCheckingStore::empty_runs`.
[[nodiscard]] Result<std::vector<RunId>> find_empty_runs(const StoreFolder& folder);

}  // namespace orchestrator::harness::journal
