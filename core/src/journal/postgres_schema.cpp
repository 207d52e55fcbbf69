// SPDX-License-Identifier: Apache-2.0
#include "journal/postgres_schema.hpp"

#include <array>
#include <string>

namespace orchestrator::harness::journal {
namespace {

// A step that was released is never changed: a later version is a further step. Ids compare by their bytes, as in the
// program.
constexpr std::array kMigrations{PostgresMigration{1, R"sql(
CREATE TABLE journal_version(version bigint NOT NULL);
INSERT INTO journal_version VALUES (0);
CREATE TABLE journal_owner(
  number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  host text NOT NULL,
  pid text NOT NULL,
  machine text NOT NULL,
  begun text NOT NULL,
  commits bigint NOT NULL,
  lease_until timestamptz NOT NULL
);
CREATE TABLE journal_run(
  number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  id text COLLATE "C" NOT NULL UNIQUE,
  session_id text COLLATE "C" NOT NULL,
  status bigint NOT NULL,
  steps bigint NOT NULL,
  events bigint NOT NULL,
  bytes bigint NOT NULL,
  epoch bigint NOT NULL,
  timeline text NOT NULL,
  owner bigint,
  fence bigint NOT NULL
) WITH (fillfactor = 50);
CREATE INDEX journal_run_by_session ON journal_run(session_id, id);
CREATE INDEX journal_run_by_owner ON journal_run(owner) WHERE owner IS NOT NULL;
CREATE TABLE journal_line(
  run bigint NOT NULL,
  last_seq bigint NOT NULL,
  step bigint NOT NULL,
  first_seq bigint NOT NULL,
  bytes bytea NOT NULL,
  PRIMARY KEY(run, last_seq)
);
CREATE TABLE journal_blob(
  number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  hash text COLLATE "C" NOT NULL UNIQUE,
  bytes bytea NOT NULL
);
CREATE TABLE journal_blob_use(
  run bigint NOT NULL,
  blob bigint NOT NULL,
  PRIMARY KEY(run, blob)
);
CREATE INDEX journal_blob_use_by_blob ON journal_blob_use(blob);
)sql"},
                                 PostgresMigration{2, R"sql(
ALTER TABLE journal_run ADD COLUMN damage text NOT NULL DEFAULT '';
)sql"},
                                 PostgresMigration{3, R"sql(
ALTER TABLE journal_run ADD COLUMN imported boolean NOT NULL DEFAULT false;
)sql"}};

// The version that the database has; 0 where there are no tables.
Result<std::int64_t> version_of(PostgresConnection& connection, std::span<const PostgresMigration> migrations) {
  const std::string& place = connection.address().shown;
  // A look-up by name alone may miss what another process made while the lock was waited for; this one reads the
  // catalogue.
  const auto found = connection.run(
      PostgresQuery("SELECT EXISTS (SELECT FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace "
                    "WHERE c.relname = 'journal_version' AND n.nspname = current_schema())"));
  if (!found) return std::unexpected(found.error());
  if (found->integer(0, 0) == 0) return 0;
  const auto version = connection.run(PostgresQuery("SELECT max(version)::bigint, count(*) FROM journal_version"));
  if (!version) return std::unexpected(version.error());
  if (version->integer(0, 1) != 1 || version->integer(0, 0) < 1) {
    return fail(RuntimeErrorCode::journal_damaged, "the journal " + place + " is damaged: it has no version", place);
  }
  const std::int64_t number = version->integer(0, 0);
  if (number <= migrations.back().version) return number;
  return fail(RuntimeErrorCode::version_too_new,
              "the journal " + place + " has version " + std::to_string(number) + "; this build reads up to " +
                  std::to_string(migrations.back().version),
              place);
}

// Ends a transaction that failed. Where that fails too, the connection is lost, and the transaction with it.
void roll_back(PostgresConnection& connection) {
  if (!connection.is_lost()) static_cast<void>(connection.execute("ROLLBACK"));
}

Result<void> run_step(PostgresConnection& connection, const PostgresMigration& step) {
  if (auto changed = connection.execute(step.sql); !changed) {
    // A table of the same name that is not of a journal.
    if (connection.sqlstate() != "42P07") return changed;
    const std::string& place = connection.address().shown;
    return fail(RuntimeErrorCode::not_a_journal, place + " is no journal: tables of something else have its names",
                place);
  }
  return connection.execute("UPDATE journal_version SET version = " + std::to_string(step.version));
}

// The next step, if there is one; true where there was. One process at a time.
Result<bool> migrate_once(PostgresConnection& connection, std::span<const PostgresMigration> migrations) {
  auto locked = connection.execute(
      "BEGIN; SELECT pg_advisory_xact_lock(hashtext('orchestrator journal'), hashtext(current_schema()))");
  if (!locked) return std::unexpected(locked.error());
  const auto version = version_of(connection, migrations);
  if (!version) return std::unexpected(version.error());
  bool is_changed = false;
  for (const PostgresMigration& step : migrations) {
    if (step.version <= *version) continue;
    if (auto done = run_step(connection, step); !done) return std::unexpected(done.error());
    is_changed = true;
    break;
  }
  if (auto committed = connection.execute("COMMIT"); !committed) return std::unexpected(committed.error());
  return is_changed;
}

}  // namespace

std::span<const PostgresMigration> postgres_migrations() { return kMigrations; }

Result<void> prepare_postgres(PostgresConnection& connection, std::span<const PostgresMigration> migrations) {
  const auto version = version_of(connection, migrations);
  if (!version) return std::unexpected(version.error());
  if (*version == migrations.back().version) return {};
  for (;;) {
    const auto is_changed = migrate_once(connection, migrations);
    if (!is_changed) {
      roll_back(connection);
      return std::unexpected(is_changed.error());
    }
    if (!*is_changed) return {};
  }
}

}  // namespace orchestrator::harness::journal
