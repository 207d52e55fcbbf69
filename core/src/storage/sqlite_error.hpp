// SPDX-License-Identifier: Apache-2.0
#pragma once

// What SQLite said, as an `Error` that names the file, what became of it and why. Pure but for the connection that it
// asks for details; on the thread that uses that connection.

#include <string>

#include "orchestrator/harness/errors.hpp"

struct sqlite3;

namespace orchestrator::harness::storage {

/// What a database is to its users.
struct DatabaseKind {
  std::string noun = "database";                                 // what messages call it, such as "memory store"
  RuntimeErrorCode damaged = RuntimeErrorCode::storage_failed;   // the code where its pages do not read
  RuntimeErrorCode stranger = RuntimeErrorCode::storage_failed;  // and where the file is no database
};
struct DatabaseName {
  std::string path;
  DatabaseKind kind;
};

/// The error of a call that returned `code`, on a connection to `name` (null where there is none). `storage_full`,
/// `storage_readonly` and `storage_unavailable` as their names say; the codes of the kind; else `storage_failed`. `at`
/// is the path.
[[nodiscard]] Error sqlite_error(sqlite3* database, int code, const DatabaseName& name);

}  // namespace orchestrator::harness::storage
