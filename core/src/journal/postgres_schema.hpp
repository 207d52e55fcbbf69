// SPDX-License-Identifier: Apache-2.0
#pragma once

// The tables of a PostgreSQL journal and how older ones become those of this build. They lie in the first schema of the
// connection's search path. One thread, that of the connection.
//
//   journal_version   the version of these tables, one row
//   journal_owner     one row a process that writes: who it is, how long its lease lasts, how often it has committed
//   journal_run       one row a run: its length, what a list filters by, which owner has it under which fence
//   journal_line      one row a step: its line as it was appended
//   journal_blob      content by its hash
//   journal_blob_use  which run has put which content: content goes with the last run that put it

#include <cstdint>
#include <span>

#include "journal/postgres_connection.hpp"

namespace orchestrator::harness::journal {

/// One step from the version before to `version`: statements that are run in one transaction.
struct PostgresMigration {
  std::int64_t version = 0;
  const char* sql = nullptr;
};

/// All steps from nothing to the present version, in order.
[[nodiscard]] std::span<const PostgresMigration> postgres_migrations();

/// Makes the tables, or brings them to the last version of `migrations`, each step in a transaction of its own; where
/// they are present already, it only looks. Several processes may do so at once. Errors: `version_too_new`, naming both
/// versions, `not_a_journal` where a table of that name is something else's, and those of the connection.
[[nodiscard]] Result<void> prepare_postgres(PostgresConnection& connection,
                                            std::span<const PostgresMigration> migrations = postgres_migrations());

}  // namespace orchestrator::harness::journal
