// SPDX-License-Identifier: Apache-2.0
#pragma once

// Finding memories: the best by their words, the best by their meaning, fused with their age; then as many of them as
// are asked for and fit. One thread, that of the connection.

#include <vector>

#include "orchestrator/harness/errors.hpp"
#include "orchestrator/harness/memory.hpp"
#include "storage/sqlite_connection.hpp"

namespace orchestrator::harness::memory {

/// How many candidates each ranking gives at most.
inline constexpr std::uint32_t kCandidatesMax = 100;

/// REQUIRES: a query that `check_query` accepts, and a transaction.
[[nodiscard]] Result<std::vector<MemoryHit>> search_memories(const storage::SqliteConnection& connection,
                                                             const MemoryQuery& query);

}  // namespace orchestrator::harness::memory
