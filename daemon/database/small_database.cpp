// SPDX-License-Identifier: Apache-2.0
#include "daemon/database/small_database.hpp"

#include <utility>

#include "storage/database_file.hpp"

namespace orchestrator::daemon {

namespace storage = harness::storage;

harness::Result<std::unique_ptr<storage::SqliteConnection>> open_small_database(const std::string& path,
                                                                                const std::string& noun,
                                                                                const std::string& schema) {
  storage::SqliteOpening opening;
  opening.kind.noun = noun;
  opening.path = path;
  if (path != storage::kInMemory) {
    auto file = storage::make_database_file(path, noun);
    if (!file) return std::unexpected(std::move(file.error()));
    opening.path = *std::move(file);
  }
  auto database = storage::SqliteConnection::open(std::move(opening));
  if (!database) return std::unexpected(std::move(database.error()));
  auto ready = (*database)->use_write_ahead_log();
  if (ready) ready = (*database)->execute(schema);
  if (!ready) return std::unexpected(std::move(ready.error()));
  return database;
}

}  // namespace orchestrator::daemon
