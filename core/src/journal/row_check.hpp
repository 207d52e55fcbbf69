// SPDX-License-Identifier: Apache-2.0
#pragma once

// Whether the rows of an SQLite journal agree with each other and with the lines of its runs: what reading the lines
// does not show. Reads in short transactions, one for each run. Functions on a connection, on its thread.

#include <optional>
#include <vector>

#include "journal/run_check.hpp"
#include "storage/sqlite_connection.hpp"

namespace orchestrator::harness::journal {

/// Of one run, or of the whole file: then SQLite's own check of its pages and indexes as well. Error: `storage_failed`
/// and the like; damage that keeps the file from being read is a flaw.
[[nodiscard]] Result<std::vector<Flaw>> check_rows(storage::SqliteConnection& connection,
                                                   const std::optional<RunId>& run_id);

}  // namespace orchestrator::harness::journal
