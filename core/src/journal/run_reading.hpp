// SPDX-License-Identifier: Apache-2.0
#pragma once

// Reading from an SQLite journal. Each function reads in one transaction, so that it sees one state of the file.
// Functions on a connection, on its thread. Each checks what it reads; `journal_damaged` says which step is wrong.

#include <cstdint>
#include <vector>

#include "journal/run_row.hpp"
#include "orchestrator/harness/journal.hpp"
#include "storage/sqlite_connection.hpp"

namespace orchestrator::harness::journal {

/// As `JournalStore::read`.
[[nodiscard]] Result<std::vector<JournalLine>> read_run(storage::SqliteConnection& connection, const RunId& run_id,
                                                        std::uint64_t after_seq, std::uint64_t bytes_max);

/// As `JournalStore::list`. `lock_file` is an open lock file of the store.
[[nodiscard]] Result<std::vector<RunSummary>> list_runs(storage::SqliteConnection& connection, const RunFilter& filter,
                                                        int lock_file);

/// As `JournalStore::blob`.
[[nodiscard]] Result<SharedBytes> read_blob(storage::SqliteConnection& connection, const Hash& hash);

/// The lines of a run from `after_seq` on, inside a transaction of the caller.
[[nodiscard]] Result<std::vector<JournalLine>> read_lines(const storage::SqliteConnection& connection,
                                                          const RunRow& run, std::uint64_t after_seq,
                                                          std::uint64_t bytes_max);

}  // namespace orchestrator::harness::journal
