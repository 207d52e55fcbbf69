// SPDX-License-Identifier: Apache-2.0
#pragma once

// The small databases in which the daemon keeps what is its own, beside the store. Blocking; any thread.

#include <memory>
#include <string>

#include "orchestrator/harness/errors.hpp"
#include "storage/sqlite_connection.hpp"

namespace orchestrator::daemon {

/// Opens or makes the database in `path`, with mode 0600, or one in memory where `path` is `:memory:`, and carries out
/// `schema`, which changes nothing where it was carried out before. `noun` names it in errors, which are those of
/// `storage`.
[[nodiscard]] harness::Result<std::unique_ptr<harness::storage::SqliteConnection>> open_small_database(
    const std::string& path, const std::string& noun, const std::string& schema);

}  // namespace orchestrator::daemon
