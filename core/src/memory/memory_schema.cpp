// SPDX-License-Identifier: Apache-2.0
#include "memory/memory_schema.hpp"

#include <string>

#include "storage/sqlite_transaction.hpp"

namespace orchestrator::harness::memory {
namespace {

// `text` comes last in its row, so that what filters rows never reads it. The code keeps the tables in step and no
// trigger does: a schema that is trusted with nothing may not write into an index of words.
constexpr const char* kTables = R"sql(
CREATE TABLE memory(
  number INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  lane TEXT NOT NULL CHECK (lane IN ('working', 'episodic', 'semantic')),
  user TEXT NOT NULL,
  session_id TEXT,
  run_id TEXT,
  created_us INTEGER NOT NULL,
  text TEXT NOT NULL
) STRICT;
CREATE INDEX memory_by_user ON memory(user, created_us, id);
CREATE INDEX memory_by_session ON memory(session_id, created_us, id) WHERE session_id IS NOT NULL;
CREATE TABLE embedding(
  number INTEGER PRIMARY KEY,
  model TEXT NOT NULL,
  dimension INTEGER NOT NULL,
  vector BLOB NOT NULL
) STRICT;
CREATE VIRTUAL TABLE memory_words USING fts5(
  text, content = 'memory', content_rowid = 'number', tokenize = 'porter unicode61 remove_diacritics 2'
);
CREATE TABLE tally(
  items INTEGER NOT NULL,
  embeddings INTEGER NOT NULL,
  forgotten INTEGER NOT NULL,
  wiped INTEGER NOT NULL
) STRICT;
INSERT INTO tally VALUES (0, 0, 0, 0);
)sql";

enum class Content { nothing, ours };

// Looks several times, so it stands inside a transaction: another process may be making the tables.
Result<Content> content_of(const storage::SqliteConnection& connection) {
  const auto application = connection.integer_of("PRAGMA application_id");
  if (!application) return std::unexpected(application.error());
  const auto version = connection.integer_of("PRAGMA user_version");
  if (!version) return std::unexpected(version.error());
  const auto objects = connection.integer_of("SELECT count(*) FROM sqlite_schema");
  if (!objects) return std::unexpected(objects.error());
  if (*application == 0 && *version == 0 && *objects == 0) return Content::nothing;
  const std::string& path = connection.path();
  if (*application != kApplicationId) {
    return fail(RuntimeErrorCode::storage_failed, path + " is no memory store: it is a database of something else",
                path);
  }
  if (*version > kSchemaVersion) {
    return fail(RuntimeErrorCode::version_too_new,
                "the memory store " + path + " has version " + std::to_string(*version) + "; this build reads up to " +
                    std::to_string(kSchemaVersion),
                path);
  }
  if (*version < kSchemaVersion) {
    return fail(RuntimeErrorCode::storage_failed,
                "the memory store " + path + " is damaged: it has version " + std::to_string(*version), path);
  }
  return Content::ours;
}

Result<Content> present_content(storage::SqliteConnection& connection) {
  const auto transaction = storage::SqliteTransaction::begin(&connection, storage::SqliteTransaction::Kind::read);
  if (!transaction) return std::unexpected(transaction.error());
  return content_of(connection);
}

Result<void> make_tables(storage::SqliteConnection& connection) {
  auto transaction = storage::SqliteTransaction::begin(&connection, storage::SqliteTransaction::Kind::write);
  if (!transaction) return std::unexpected(transaction.error());
  // Another process may have made them since.
  const auto content = content_of(connection);
  if (!content) return std::unexpected(content.error());
  if (*content == Content::ours) return {};
  const std::string marks = "PRAGMA application_id = " + std::to_string(kApplicationId) +
                            "; PRAGMA user_version = " + std::to_string(kSchemaVersion);
  if (auto made = connection.execute(kTables); !made) return made;
  if (auto marked = connection.execute(marks); !marked) return marked;
  return transaction->commit();
}

}  // namespace

Result<void> prepare_schema(storage::SqliteConnection& connection) {
  const auto content = present_content(connection);
  if (!content) return std::unexpected(content.error());
  if (auto logged = connection.use_write_ahead_log(); !logged) return logged;
  if (*content == Content::ours) return {};
  return make_tables(connection);
}

}  // namespace orchestrator::harness::memory
