// SPDX-License-Identifier: Apache-2.0
#pragma once

// A transaction that is rolled back unless it was committed. One at a time on a connection, which must outlive it; one
// thread.

#include <memory>

#include "orchestrator/harness/errors.hpp"
#include "storage/sqlite_connection.hpp"

namespace orchestrator::harness::storage {

class SqliteTransaction final {
 public:
  /// `read` sees one state of the database throughout; `write` waits for the right to write before it begins, so that
  /// it never has to give up halfway.
  enum class Kind { read, write };
  [[nodiscard]] static Result<SqliteTransaction> begin(SqliteConnection* connection, Kind kind) {
    // With a write-ahead log SQLite does not look.
    if (connection->was_moved()) {
      return fail(RuntimeErrorCode::storage_failed,
                  "the " + connection->noun() + " " + connection->path() + " was moved or removed while it was in use",
                  connection->path());
    }
    SqliteTransaction transaction(connection);
    auto begun = connection->execute(kind == Kind::write ? "BEGIN IMMEDIATE" : "BEGIN");
    if (!begun) return std::unexpected(begun.error());
    return transaction;
  }
  /// When it returns, what was written survives power loss.
  [[nodiscard]] Result<void> commit() { return connection_->execute("COMMIT"); }

 private:
  // What failed gravely was rolled back by SQLite itself. A failed rollback leaves the connection unusable, which its
  // next call says.
  struct Rollback {
    void operator()(SqliteConnection* connection) const {
      if (connection->is_in_transaction()) static_cast<void>(connection->execute("ROLLBACK"));
    }
  };
  explicit SqliteTransaction(SqliteConnection* connection) : connection_(connection) {}

  std::unique_ptr<SqliteConnection, Rollback> connection_;  // of its owner: the deleter only rolls back
};

}  // namespace orchestrator::harness::storage
