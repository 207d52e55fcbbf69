// SPDX-License-Identifier: Apache-2.0
#pragma once

// A memory store on the calling thread: what `MemoryStore` promises, without coroutines. One thread at a time.

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "orchestrator/harness/errors.hpp"
#include "orchestrator/harness/memory.hpp"
#include "storage/sqlite_connection.hpp"

namespace orchestrator::harness::memory {

/// What messages call it.
inline constexpr const char* kNoun = "memory store";

class MemoryDatabase final {
 public:
  /// Opens or makes the database at `path`, or one in memory (`kInMemory`). Errors as of `open_memory_store`.
  [[nodiscard]] static Result<std::unique_ptr<MemoryDatabase>> open(
      const std::string& path, const MemoryBounds& bounds, std::chrono::milliseconds patience = storage::kBusyPatience);

  /// The functions of `MemoryStore`.
  [[nodiscard]] Result<MemoryPut> put(const Memory& memory);
  [[nodiscard]] Result<std::vector<MemoryHit>> search(const MemoryQuery& query);
  [[nodiscard]] Result<std::vector<Memory>> list(const MemoryFilter& filter, const std::optional<MemoryId>& after,
                                                 std::uint32_t limit);
  [[nodiscard]] Result<std::uint64_t> forget(const MemoryFilter& filter);

  [[nodiscard]] storage::SqliteConnection& connection() { return *connection_; }

 private:
  MemoryDatabase(std::unique_ptr<storage::SqliteConnection> connection, const MemoryBounds& bounds);

  Result<std::vector<MemoryId>> make_room(const Memory& memory);
  Result<void> check_tally(const Memory& memory) const;
  Result<void> wipe();

  std::unique_ptr<storage::SqliteConnection> connection_;
  const MemoryBounds bounds_;
};

}  // namespace orchestrator::harness::memory
