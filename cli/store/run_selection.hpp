// SPDX-License-Identifier: Apache-2.0
#pragma once

// The flags that narrow a list of runs down, as a query. Reads the clock, for flags that count from now.

#include <functional>
#include <optional>
#include <string_view>

#include "cli/command_line/invocation.hpp"
#include "cli/store/store_reader.hpp"
#include "orchestrator/harness/errors.hpp"
#include "orchestrator/harness/run_store.hpp"

namespace orchestrator::cli {

/// Errors: `invalid_argument` for a value that does not read, and those of `find_session`.
[[nodiscard]] harness::Result<harness::RunQuery> select_runs(const Invocation& invocation, StoreReader& store);

/// The moment that lies the duration of `flag` back; nothing where the flag is not given.
[[nodiscard]] harness::Result<std::optional<harness::WallTime>> moment_before(const Invocation& invocation,
                                                                              std::string_view flag);

/// Calls `visit` for each run that passes, newest first and page by page, until it says false. `query.where.limit` and
/// `query.where.before` are the scan's own. Blocking.
[[nodiscard]] harness::Result<void> scan_runs(StoreReader& store, harness::RunQuery query,
                                              const std::function<bool(const harness::RunSummary&)>& visit);

}  // namespace orchestrator::cli
