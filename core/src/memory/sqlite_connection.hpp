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

#include "memory/sqlite_statement.hpp"
#include "orchestrator/harness/errors.hpp"

struct sqlite3;

namespace orchestrator::harness::memory {

/// How long a write waits for another process before it fails.
inline constexpr std::chrono::milliseconds kBusyPatience{5'000};

/// The name of a database that lives in memory and dies with its connection.
inline constexpr const char* kInMemory = ":memory:";

class SqliteConnection final {
 public:
  /// Opens the database file at `path`, which must be there (it may be empty), or one in memory. It changes nothing
  /// yet. Errors: `storage_readonly` for a file that may not be written, and those of `sqlite_error`.
  [[nodiscard]] static Result<std::unique_ptr<SqliteConnection>> open(const std::string& path,
                                                                      std::chrono::milliseconds patience);
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

  [[nodiscard]] bool is_in_memory() const { return path_ == kInMemory; }
  [[nodiscard]] const std::string& path() const { return path_; }
  [[nodiscard]] sqlite3* handle() const { return database_.get(); }
  [[nodiscard]] Error error(int code) const;

 private:
  struct Closer {
    void operator()(sqlite3* database) const;
  };
  SqliteConnection(sqlite3* database, std::string path, std::chrono::milliseconds patience);

  std::unique_ptr<sqlite3, Closer> database_;
  std::string path_;
  std::chrono::milliseconds patience_;
};

}  // namespace orchestrator::harness::memory
