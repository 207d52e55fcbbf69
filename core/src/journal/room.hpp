// SPDX-License-Identifier: Apache-2.0
#pragma once

// Giving the pages that packing and removal left free in an SQLite journal back to the disk. On the connection's
// thread.

#include "orchestrator/harness/errors.hpp"
#include "storage/sqlite_connection.hpp"

namespace orchestrator::harness::journal {

/// Cuts at most 1 MiB off the file, in a transaction of its own; false where no more than 256 KiB of it are free. The
/// file on the disk gets shorter when the log is moved into it.
[[nodiscard]] Result<bool> shrink_step(storage::SqliteConnection& connection);

}  // namespace orchestrator::harness::journal
