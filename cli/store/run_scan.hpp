// SPDX-License-Identifier: Apache-2.0
#pragma once

// All runs of a store, page by page, so that a large store never stands in memory. Blocking.

#include <functional>

#include "cli/store/store_reader.hpp"
#include "orchestrator/harness/errors.hpp"

namespace orchestrator::cli {

/// Calls `visit` for each run that passes the filter, newest first, until it says false. `filter.limit` and
/// `filter.before` are the scan's own.
[[nodiscard]] harness::Result<void> scan_runs(StoreReader& store, harness::RunFilter filter,
                                              const std::function<bool(const harness::RunSummary&)>& visit);

}  // namespace orchestrator::cli
