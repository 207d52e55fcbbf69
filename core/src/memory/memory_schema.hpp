// SPDX-License-Identifier: Apache-2.0
#pragma once

// The tables of a memory store, and the check that a file is one. One thread, that of the connection.
//
//   memory        one row a memory; `number` ties the tables together, and is never seen outside
//   embedding     its vector, as little-endian 32 bit floats, exactly as it was given
//   memory_words  an index of `text` without a copy of it: stemmed English words, case and diacritics folded
//   tally         how many there are of each; how often something was forgotten, and up to which time its bytes are
//   gone

#include <cstdint>

#include "orchestrator/harness/errors.hpp"
#include "storage/sqlite_connection.hpp"

namespace orchestrator::harness::memory {

/// `PRAGMA user_version` of what this build writes.
inline constexpr std::int64_t kSchemaVersion = 1;
/// `PRAGMA application_id`: "omem".
inline constexpr std::int64_t kApplicationId = 0x6F6D656D;

/// Makes the tables in an empty database and accepts those of this program. Errors: `version_too_new`,
/// `storage_failed` for a database of something else (which stays unchanged), and those of `sqlite_error`.
[[nodiscard]] Result<void> prepare_schema(storage::SqliteConnection& connection);

}  // namespace orchestrator::harness::memory
