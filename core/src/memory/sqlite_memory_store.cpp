// SPDX-License-Identifier: Apache-2.0
#include "memory/sqlite_memory_store.hpp"

#include <utility>

#include "runtime/suspension.hpp"

namespace orchestrator::harness::memory {

namespace asio = boost::asio;

SqliteMemoryStore::SqliteMemoryStore(std::unique_ptr<MemoryDatabase> database)
    : url_(database->connection().is_in_memory() ? "memory:" : "sqlite:" + database->connection().path()),
      database_(std::move(database)) {}

SqliteMemoryStore::~SqliteMemoryStore() { thread_.join(); }

asio::awaitable<Result<MemoryPut>> SqliteMemoryStore::put(Memory memory) {
  const auto put_it = [this, memory = std::move(memory)] { return database_->put(memory); };
  co_return co_await runtime::run_blocking(&thread_, put_it);
}

asio::awaitable<Result<std::vector<MemoryHit>>> SqliteMemoryStore::search(MemoryQuery query) {
  const auto search_it = [this, query = std::move(query)] { return database_->search(query); };
  co_return co_await runtime::run_blocking(&thread_, search_it);
}

asio::awaitable<Result<std::vector<Memory>>> SqliteMemoryStore::list(MemoryFilter filter, std::optional<MemoryId> after,
                                                                     std::uint32_t limit) {
  const auto list_them = [this, filter = std::move(filter), after, limit] {
    return database_->list(filter, after, limit);
  };
  co_return co_await runtime::run_blocking(&thread_, list_them);
}

asio::awaitable<Result<std::uint64_t>> SqliteMemoryStore::forget(MemoryFilter filter) {
  const auto forget_them = [this, filter = std::move(filter)] { return database_->forget(filter); };
  co_return co_await runtime::run_blocking(&thread_, forget_them);
}

}  // namespace orchestrator::harness::memory
