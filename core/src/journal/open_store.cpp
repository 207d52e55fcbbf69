// SPDX-License-Identifier: Apache-2.0
#include <charconv>
#include <string>
#include <string_view>

#include "journal/jsonl_store.hpp"
#include "journal/memory_store.hpp"
#include "journal/postgres_address.hpp"
#include "journal/postgres_store.hpp"
#include "journal/sqlite_store.hpp"
#include "orchestrator/harness/journal.hpp"

namespace orchestrator::harness {
namespace {

constexpr std::string_view kMemory = "memory:";
constexpr std::string_view kJsonl = "jsonl:";
constexpr std::string_view kSqlite = "sqlite:";

// `memory:`, or `memory:BYTES` with another bound than the default.
Result<std::shared_ptr<JournalStore>> open_memory(std::string_view bytes) {
  if (bytes.empty()) return std::make_shared<journal::MemoryStore>();
  std::uint64_t bytes_max = 0;
  const auto read = std::from_chars(bytes.data(), bytes.data() + bytes.size(), bytes_max);
  if (read.ec != std::errc() || read.ptr != bytes.data() + bytes.size() || bytes_max == 0) {
    return fail(RuntimeErrorCode::configuration_invalid,
                "the store memory:" + std::string(bytes) + " names no size; expected memory: or memory:BYTES", "store");
  }
  return std::make_shared<journal::MemoryStore>(bytes_max);
}

}  // namespace

Result<std::shared_ptr<JournalStore>> open_store(const std::string& url) {
  const std::string_view address = url;
  if (address.starts_with(kMemory)) return open_memory(address.substr(kMemory.size()));
  if (address.starts_with(kJsonl)) {
    auto store = journal::JsonlStore::open(std::string(address.substr(kJsonl.size())));
    if (!store) return std::unexpected(store.error());
    return std::shared_ptr<JournalStore>(*std::move(store));
  }
  if (address.starts_with(kSqlite)) {
    auto store = journal::SqliteStore::open({std::string(address.substr(kSqlite.size()))});
    if (!store) return std::unexpected(store.error());
    return std::shared_ptr<JournalStore>(*std::move(store));
  }
  if (journal::is_postgres_url(address)) {
    auto store = journal::PostgresStore::open(url);
    if (!store) return std::unexpected(store.error());
    return std::shared_ptr<JournalStore>(*std::move(store));
  }
  return fail(RuntimeErrorCode::configuration_invalid,
              "'" + journal::without_passwords(url) +
                  "' is no store that this build knows; expected memory:, jsonl:FOLDER, sqlite:FILE or "
                  "postgres://USER@HOST/DATABASE",
              "store");
}

}  // namespace orchestrator::harness
