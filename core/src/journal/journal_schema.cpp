// SPDX-License-Identifier: Apache-2.0
#include "journal/journal_schema.hpp"

#include <array>
#include <string>

#include "storage/sqlite_transaction.hpp"

namespace orchestrator::harness::journal {
namespace {

using storage::SqliteConnection;
using storage::SqliteTransaction;

// A step that was released is never changed: a later version is a further step.
constexpr std::array kMigrations{Migration{1, R"sql(
CREATE TABLE run(
  number INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  session_id TEXT NOT NULL,
  status INTEGER NOT NULL,
  steps INTEGER NOT NULL,
  events INTEGER NOT NULL,
  bytes INTEGER NOT NULL,
  epoch INTEGER NOT NULL,
  boot TEXT NOT NULL,
  sealed INTEGER NOT NULL,
  indexed INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX run_by_session ON run(session_id, id);
CREATE INDEX run_by_status ON run(status, id);
CREATE INDEX run_to_seal ON run(number) WHERE status <> 0 AND sealed = 0;
CREATE INDEX run_to_index ON run(id) WHERE indexed = 0;
CREATE TABLE line(
  place INTEGER PRIMARY KEY,
  step INTEGER NOT NULL,
  first_seq INTEGER NOT NULL,
  bytes BLOB NOT NULL
) STRICT;
CREATE TABLE chunk(
  place INTEGER PRIMARY KEY,
  step INTEGER NOT NULL,
  first_seq INTEGER NOT NULL,
  size INTEGER NOT NULL,
  bytes BLOB NOT NULL
) STRICT;
CREATE TABLE blob(
  number INTEGER PRIMARY KEY,
  hash TEXT NOT NULL UNIQUE,
  bytes BLOB NOT NULL
) STRICT;
CREATE TABLE blob_use(
  run INTEGER NOT NULL,
  blob INTEGER NOT NULL,
  PRIMARY KEY(run, blob)
) STRICT, WITHOUT ROWID;
CREATE INDEX blob_use_by_blob ON blob_use(blob);
CREATE VIRTUAL TABLE run_text USING fts5(input, output, tokenize = 'trigram', detail = 'none');
CREATE TABLE mark(name TEXT PRIMARY KEY) STRICT, WITHOUT ROWID;
)sql"},
                                 Migration{2, R"sql(
ALTER TABLE run ADD COLUMN head TEXT NOT NULL DEFAULT '';
)sql"},
                                 Migration{3, R"sql(
ALTER TABLE run ADD COLUMN damage TEXT NOT NULL DEFAULT '';
)sql"},
                                 Migration{4, R"sql(
ALTER TABLE run ADD COLUMN imported INTEGER NOT NULL DEFAULT 0;
)sql"}};

struct Marks {
  std::int64_t application = 0;
  std::int64_t version = 0;
  std::int64_t objects = 0;
};

Result<Marks> marks_of(const SqliteConnection& connection) {
  const auto application = connection.integer_of("PRAGMA application_id");
  if (!application) return std::unexpected(application.error());
  const auto version = connection.integer_of("PRAGMA user_version");
  if (!version) return std::unexpected(version.error());
  const auto objects = connection.integer_of("SELECT count(*) FROM sqlite_schema");
  if (!objects) return std::unexpected(objects.error());
  return Marks{*application, *version, *objects};
}

// The version that the database has; 0 for an empty one.
Result<std::int64_t> version_of(const SqliteConnection& connection, std::span<const Migration> migrations) {
  const auto marks = marks_of(connection);
  if (!marks) return std::unexpected(marks.error());
  const std::string& path = connection.path();
  if (marks->application == 0 && marks->version == 0 && marks->objects == 0) return 0;
  if (marks->application != kJournalApplicationId) {
    return fail(RuntimeErrorCode::not_a_journal, path + " is no journal: it is a database of something else", path);
  }
  if (marks->version > migrations.back().version) {
    return fail(RuntimeErrorCode::version_too_new,
                "the journal " + path + " has version " + std::to_string(marks->version) + "; this build reads up to " +
                    std::to_string(migrations.back().version),
                path);
  }
  if (marks->version < 1) {
    return fail(RuntimeErrorCode::journal_damaged,
                "the journal " + path + " is damaged: it has version " + std::to_string(marks->version), path);
  }
  return marks->version;
}

Result<void> run_step(SqliteConnection& connection, const Migration& step) {
  auto transaction = SqliteTransaction::begin(&connection, SqliteTransaction::Kind::write);
  if (!transaction) return std::unexpected(transaction.error());
  if (auto changed = connection.execute(step.sql); !changed) return changed;
  const std::string marks = "PRAGMA application_id = " + std::to_string(kJournalApplicationId) +
                            "; PRAGMA user_version = " + std::to_string(step.version);
  if (auto marked = connection.execute(marks); !marked) return marked;
  return transaction->commit();
}

}  // namespace

std::span<const Migration> journal_migrations() { return kMigrations; }

Result<JournalContent> content_of(const SqliteConnection& connection, std::span<const Migration> migrations) {
  const auto version = version_of(connection, migrations);
  if (!version) return std::unexpected(version.error());
  if (*version == 0) return JournalContent::nothing;
  return *version == migrations.back().version ? JournalContent::present : JournalContent::older;
}

Result<void> prepare_journal(SqliteConnection& connection, std::span<const Migration> migrations) {
  const auto version = version_of(connection, migrations);
  if (!version) return std::unexpected(version.error());
  // Works before the first table alone: it lets the file give space back.
  if (*version == 0) {
    if (auto set = connection.execute("PRAGMA auto_vacuum = INCREMENTAL"); !set) return set;
  }
  if (auto logged = connection.use_write_ahead_log(); !logged) return logged;
  for (const Migration& step : migrations) {
    if (step.version <= *version) continue;
    if (auto done = run_step(connection, step); !done) return done;
  }
  return {};
}

}  // namespace orchestrator::harness::journal
