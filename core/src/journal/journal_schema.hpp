// SPDX-License-Identifier: Apache-2.0
#pragma once

// The tables of an SQLite journal, how older ones become those of this build, and the check that a file is one. One
// thread, that of the connection.
//
//   run       one row a run: who and where it is, how long its journal is, what a list filters by
//   line      one row a step: its line as it was appended
//   chunk     lines of a finished run, packed; together with `line` they are the journal, in order of `place`
//   blob      content by its hash
//   blob_use  which run has put which content: content goes with the last run that put it
//   run_text  input and output of runs that have ended, with an index of all groups of three characters in them
//   mark      what was done once, or is still to be done
//
// `place` is the run's number times 2^32 plus the seq of the last event, so that one index finds any event of any run
// and a new line is always the last of its run.

#include <cstdint>
#include <span>

#include "orchestrator/harness/errors.hpp"
#include "storage/sqlite_connection.hpp"

namespace orchestrator::harness::journal {

/// `PRAGMA application_id`: "ojrn".
inline constexpr std::int64_t kJournalApplicationId = 0x6F6A726E;

/// One step from the version before to `version`: statements that are run in one transaction.
struct Migration {
  std::int64_t version = 0;
  const char* sql = nullptr;
};

/// All steps from an empty database to the present version, in order.
[[nodiscard]] std::span<const Migration> journal_migrations();

enum class JournalContent : std::uint8_t { nothing, older, present };

/// Errors: `not_a_journal` for a database of something else, `version_too_new` naming both versions, and those of
/// `storage::sqlite_error`.
[[nodiscard]] Result<JournalContent> content_of(const storage::SqliteConnection& connection,
                                                std::span<const Migration> migrations = journal_migrations());

/// Brings the database to the last version of `migrations`, each step in a transaction of its own: whenever it is cut
/// short, the file holds the tables of one version, whole, and the next call goes on from there. A write-ahead log is
/// in use afterwards. Errors as of `content_of`; what they concern stays unchanged.
[[nodiscard]] Result<void> prepare_journal(storage::SqliteConnection& connection,
                                           std::span<const Migration> migrations = journal_migrations());

}  // namespace orchestrator::harness::journal
