// SPDX-License-Identifier: Apache-2.0
#include <string>
#include <string_view>
#include <utility>

#include "memory/memory_database.hpp"
#include "memory/sqlite_memory_store.hpp"
#include "orchestrator/harness/memory.hpp"

namespace orchestrator::harness {
namespace {

constexpr std::string_view kMemory = "memory:";
constexpr std::string_view kSqlite = "sqlite:";

Result<std::shared_ptr<MemoryStore>> open_database(const std::string& path, const MemoryBounds& bounds) {
  auto database = memory::MemoryDatabase::open(path, bounds);
  if (!database) return std::unexpected(database.error());
  return std::make_shared<memory::SqliteMemoryStore>(*std::move(database));
}

}  // namespace

Result<std::shared_ptr<MemoryStore>> open_memory_store(const std::string& url, const MemoryBounds& bounds) {
  if (url == kMemory) return open_database(storage::kInMemory, bounds);
  const std::string_view address = url;
  // A file called :memory: in the current folder is a file.
  if (address.starts_with(kSqlite)) {
    const std::string path(address.substr(kSqlite.size()));
    return open_database(path == storage::kInMemory ? "./" + path : path, bounds);
  }
  return fail(RuntimeErrorCode::configuration_invalid,
              "'" + url + "' is no memory store that this build knows; expected memory: or sqlite:PATH",
              "memory store");
}

}  // namespace orchestrator::harness
