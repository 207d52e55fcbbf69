// SPDX-License-Identifier: Apache-2.0
#pragma once

// What SQLite said, as an `Error` that names the file, what became of it and why. Pure but for the connection that it
// asks for details; on the thread that uses that connection.

#include <string>

#include "orchestrator/harness/errors.hpp"

struct sqlite3;

namespace orchestrator::harness::memory {

/// The error of a call that returned `code`, on a connection to `path` (null where there is none). `storage_full`,
/// `storage_readonly` and `storage_unavailable` as their names say; else `storage_failed`. `at` is the path.
[[nodiscard]] Error sqlite_error(sqlite3* database, int code, const std::string& path);

}  // namespace orchestrator::harness::memory
