// SPDX-License-Identifier: Apache-2.0
#pragma once

// Memories as rows: reading them, and writing or removing them in all tables at once. The one place that keeps the
// tables in step, each time inside a transaction of its caller. One thread, that of the connection.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "memory/row_condition.hpp"
#include "orchestrator/harness/errors.hpp"
#include "orchestrator/harness/memory.hpp"
#include "storage/sqlite_connection.hpp"

namespace orchestrator::harness::memory {

/// How many there are.
struct Tally {
  std::uint64_t items = 0;
  std::uint64_t embeddings = 0;
};

/// The memories that the condition names, in the order that `order` gives (what stands after ORDER BY), at most
/// `limit`. Rows that are no memory are `storage_failed`.
[[nodiscard]] Result<std::vector<Memory>> read_rows(const storage::SqliteConnection& connection,
                                                    const RowCondition& condition, std::string_view order,
                                                    std::uint32_t limit);
[[nodiscard]] Result<Tally> read_tally(const storage::SqliteConnection& connection);

/// REQUIRES: a transaction, and no memory of this id.
[[nodiscard]] Result<void> insert_rows(storage::SqliteConnection& connection, const Memory& memory);
/// How many memories there were. REQUIRES: a transaction.
[[nodiscard]] Result<std::uint64_t> remove_rows(storage::SqliteConnection& connection, const RowCondition& condition);

}  // namespace orchestrator::harness::memory
