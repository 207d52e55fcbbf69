// SPDX-License-Identifier: Apache-2.0
#include "storage/sqlite_connection.hpp"

#include <sqlite3.h>

#include <thread>
#include <utility>

#include "storage/sqlite_error.hpp"

namespace orchestrator::harness::storage {
namespace {

// Settings of the connection; none of them touches the file. Temporary pages stay in memory, so that no third file
// holds what is forgotten later.
constexpr const char* kSettings =
    "PRAGMA trusted_schema = OFF;"
    "PRAGMA cell_size_check = ON;"
    "PRAGMA secure_delete = ON;"
    "PRAGMA synchronous = FULL;"
    "PRAGMA temp_store = MEMORY;";

using Clock = std::chrono::steady_clock;

constexpr std::chrono::milliseconds kPause{5};

}  // namespace

void SqliteConnection::Closer::operator()(sqlite3* database) const { sqlite3_close_v2(database); }

SqliteConnection::SqliteConnection(sqlite3* database, SqliteOpening opening)
    : database_(database), name_{std::move(opening.path), std::move(opening.kind)}, patience_(opening.patience) {}

Result<std::unique_ptr<SqliteConnection>> SqliteConnection::open(SqliteOpening opening) {
  const bool is_writer = opening.access == SqliteOpening::Access::write;
  sqlite3* database = nullptr;
  // Without CREATE, so that the mode of a new file is ours to choose; without SQLite's own lock, since one thread at a
  // time uses it.
  int flags = (is_writer ? SQLITE_OPEN_READWRITE : SQLITE_OPEN_READONLY) | SQLITE_OPEN_NOMUTEX;
  if (opening.path == kInMemory) flags |= SQLITE_OPEN_MEMORY;
  const int code = sqlite3_open_v2(opening.path.c_str(), &database, flags, opening.vfs);
  std::unique_ptr<SqliteConnection> connection(new SqliteConnection(database, std::move(opening)));
  if (code != SQLITE_OK) return std::unexpected(connection->error(code));
  if (is_writer && sqlite3_db_readonly(database, "main") == 1) {
    return fail(RuntimeErrorCode::storage_readonly,
                "the " + connection->noun() + " " + connection->path() + " may not be written", connection->path());
  }
  sqlite3_extended_result_codes(database, 1);
  sqlite3_busy_timeout(database, static_cast<int>(connection->patience_.count()));
  sqlite3_db_config(database, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
  if (!is_writer) sqlite3_db_config(database, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
  if (auto set = connection->execute(kSettings); !set) return std::unexpected(set.error());
  return connection;
}

Result<void> SqliteConnection::use_write_ahead_log() {
  if (is_in_memory()) return {};
  // SQLite does not wait by itself where two processes make this step at once.
  const auto deadline = Clock::now() + patience_;
  for (;;) {
    auto statement = prepare("PRAGMA journal_mode = WAL");
    if (!statement) return std::unexpected(statement.error());
    const auto row = statement->step();
    if (row && *row && statement->bytes(0) == "wal") return {};
    const bool is_busy = !row && (sqlite3_errcode(handle()) & 0xFF) == SQLITE_BUSY;
    if (is_busy && Clock::now() < deadline) {
      std::this_thread::sleep_for(kPause);
      continue;
    }
    if (!row) return std::unexpected(row.error());
    return fail(RuntimeErrorCode::storage_failed,
                "the " + noun() + " " + path() + " lies on a file system without the shared memory that it needs",
                path());
  }
}

Result<bool> SqliteConnection::empty_write_ahead_log() {
  // Nor does it where another process does the same.
  const auto deadline = Clock::now() + patience_;
  for (;;) {
    const auto is_busy = integer_of("PRAGMA wal_checkpoint(TRUNCATE)");
    if (!is_busy) return std::unexpected(is_busy.error());
    if (*is_busy == 0) return true;
    if (Clock::now() >= deadline) return false;
    std::this_thread::sleep_for(kPause);
  }
}

Result<void> SqliteConnection::execute(const std::string& sql) {
  const int code = sqlite3_exec(handle(), sql.c_str(), nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) return std::unexpected(error(code));
  return {};
}

Result<SqliteStatement> SqliteConnection::prepare(std::string_view sql) const {
  sqlite3_stmt* statement = nullptr;
  const int code = sqlite3_prepare_v2(handle(), sql.data(), static_cast<int>(sql.size()), &statement, nullptr);
  if (code != SQLITE_OK) return std::unexpected(error(code));
  return SqliteStatement(this, statement);
}

Result<std::int64_t> SqliteConnection::integer_of(std::string_view sql) const {
  auto statement = prepare(sql);
  if (!statement) return std::unexpected(statement.error());
  const auto row = statement->step();
  if (!row) return std::unexpected(row.error());
  return *row ? statement->integer(0) : 0;
}

std::int64_t SqliteConnection::changed_rows() const { return sqlite3_changes64(handle()); }
std::int64_t SqliteConnection::last_row() const { return sqlite3_last_insert_rowid(handle()); }
bool SqliteConnection::is_in_transaction() const { return sqlite3_get_autocommit(handle()) == 0; }
bool SqliteConnection::was_moved() const {
  int was_moved = 0;
  sqlite3_file_control(handle(), "main", SQLITE_FCNTL_HAS_MOVED, &was_moved);
  return was_moved != 0;
}

Error SqliteConnection::error(int code) const { return sqlite_error(handle(), code, name_); }

}  // namespace orchestrator::harness::storage
