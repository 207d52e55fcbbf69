// SPDX-License-Identifier: Apache-2.0
#include "journal/testing/sqlite_kind.hpp"

#include <utility>

namespace orchestrator::harness::journal::testing {
namespace {

class SqliteHost final : public StoreHost {
 public:
  explicit SqliteHost(FolderPlace place) : folder_(place) {}

  std::shared_ptr<JournalStore> open() override {
    auto store = SqliteStore::open({folder_.path("journal.db")});
    if (store) return *std::move(store);
    ADD_FAILURE() << store.error().message;
    return nullptr;
  }

 private:
  TemporaryFolder folder_;
};

}  // namespace

StoreKind sqlite_kind(FolderPlace place) {
  return {place == FolderPlace::disk ? "sqlite" : "sqlite_in_memory_folder",
          [place] { return std::make_unique<SqliteHost>(place); }, true};
}

std::shared_ptr<SqliteStore> SqliteTest::open_store(const char* vfs) {
  auto store = SqliteStore::open({path(), vfs});
  if (store) return *std::move(store);
  ADD_FAILURE() << store.error().message;
  return nullptr;
}

std::unique_ptr<storage::SqliteConnection> SqliteTest::other() const {
  auto connection = storage::SqliteConnection::open({.path = path()});
  if (connection) return *std::move(connection);
  ADD_FAILURE() << connection.error().message;
  return nullptr;
}

}  // namespace orchestrator::harness::journal::testing
