// SPDX-License-Identifier: Apache-2.0
#pragma once

// Reading from a PostgreSQL journal. Each function reads by one statement, so that it sees one state of the run, and
// checks what it reads; `journal_damaged` says which step is wrong. On the thread of the connection.

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "journal/postgres_connection.hpp"
#include "orchestrator/harness/journal.hpp"

namespace orchestrator::harness::journal {

/// As `JournalStore::read`.
[[nodiscard]] Result<std::vector<JournalLine>> read_postgres_run(PostgresConnection& connection, const RunId& run_id,
                                                                 std::uint64_t after_seq, std::uint64_t bytes_max);

/// What the run's row says.
struct PostgresRunFacts {
  std::uint64_t events = 0;
  std::uint64_t epoch = 1;
  std::string damage;  // what was found of it; empty where nothing was
};
/// Error: `run_not_found`.
[[nodiscard]] Result<PostgresRunFacts> postgres_facts(PostgresConnection& connection, const RunId& run_id);

/// Whether the owner of that number has a run open, where it is of this process: its rows may say so a moment longer.
using KnowsHeld = std::function<std::optional<bool>(std::int64_t owner, std::int64_t run_number)>;
/// As `JournalStore::list`.
[[nodiscard]] Result<std::vector<RunSummary>> list_postgres_runs(PostgresConnection& connection, RunFilter filter,
                                                                 const KnowsHeld& knows_held);

/// As `JournalStore::blob`.
[[nodiscard]] Result<SharedBytes> read_postgres_blob(PostgresConnection& connection, const Hash& hash);

}  // namespace orchestrator::harness::journal
