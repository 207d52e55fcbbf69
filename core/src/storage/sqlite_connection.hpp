// SPDX-License-Identifier: Apache-2.0
#pragma once

// An open SQLite database, set up for what is private and must last: write-ahead log, every commit synced, deleted
// bytes overwritten, a schema from the file trusted with nothing. One thread at a time; it outlives its statements and
// transactions. A process that forks must not use in the child what was opened before.

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "orchestrator/harness/errors.hpp"
#include "storage/sqlite_error.hpp"
#include "storage/sqlite_statement.hpp"

struct sqlite3;

namespace orchestrator::harness::storage {

/// How long a write waits for another process before it fails.
inline constexpr std::chrono::milliseconds kBusyPatience{5'000};

/// The name of a database that lives in memory and dies with its connection.
inline constexpr const char* kInMemory = ":memory:";

/// Which database to open, and how.
struct SqliteOpening {
  enum class Access : std::uint8_t { write, read };
  std::string path;  // of a file, or `kInMemory`
  DatabaseKind kind;
  std::chrono::milliseconds patience = kBusyPatience;  // how long it waits for other processes
  Access access = Access::write;                       // `read` never changes the file, not even when it is closed
  const char* vfs = nullptr;                           // SQLite's name of a file system; null for the real one
};

class SqliteConnection final {
 public:
  /// Opens a database file, which must be there (it may be empty), or one in memory. It changes nothing
  /// yet. Errors: `storage_readonly` for a file that may not be written, and those of `sqlite_error`.
  [[nodiscard]] static Result<std::unique_ptr<SqliteConnection>> open(SqliteOpening opening);
  /// Switches to a write-ahead log; a database in memory has none.
  [[nodiscard]] Result<void> use_write_ahead_log();
  /// Moves what the log holds into the file and cuts the log to nothing; false where another process kept using it
  /// until patience ran out.
  [[nodiscard]] Result<bool> empty_write_ahead_log();

  /// Runs one or several statements without parameters.
  [[nodiscard]] Result<void> execute(const std::string& sql);
  [[nodiscard]] Result<SqliteStatement> prepare(std::string_view sql) const;
  /// The first value of the first row.
  [[nodiscard]] Result<std::int64_t> integer_of(std::string_view sql) const;

  /// Rows that the last INSERT, UPDATE or DELETE changed; the row that the last INSERT made.
  [[nodiscard]] std::int64_t changed_rows() const;
  [[nodiscard]] std::int64_t last_row() const;
  [[nodiscard]] bool is_in_transaction() const;
  /// Whether its file is no longer where it was opened: what is written to it then is lost.
  [[nodiscard]] bool was_moved() const;

  [[nodiscard]] bool is_in_memory() const { return name_.path == kInMemory; }
  [[nodiscard]] const std::string& path() const { return name_.path; }
  [[nodiscard]] const std::string& noun() const { return name_.kind.noun; }
  [[nodiscard]] sqlite3* handle() const { return database_.get(); }
  [[nodiscard]] Error error(int code) const;

 private:
  struct Closer {
    void operator()(sqlite3* database) const;
  };
  SqliteConnection(sqlite3* database, SqliteOpening opening);

  std::unique_ptr<sqlite3, Closer> database_;
  DatabaseName name_;
  std::chrono::milliseconds patience_;
};

}  // namespace orchestrator::harness::storage
