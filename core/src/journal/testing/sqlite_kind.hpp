// SPDX-License-Identifier: Apache-2.0
#pragma once

// The SQLite store as a kind for the conformance suite, and as a base for tests of its file. One thread.

#include <memory>
#include <string>

#include "journal/sqlite_store.hpp"
#include "journal/testing/store_conformance.hpp"
#include "runtime/testing/temporary_folder.hpp"

namespace orchestrator::harness::journal::testing {

using runtime::testing::FolderPlace;
using runtime::testing::TemporaryFolder;

/// Its file lies on disk, or in memory.
[[nodiscard]] StoreKind sqlite_kind(FolderPlace place);

/// A store in a file of its own.
class SqliteTest : public StoreTest, public ::testing::Test {
 protected:
  [[nodiscard]] std::shared_ptr<SqliteStore> open_store(const char* vfs = nullptr);
  [[nodiscard]] std::string path() const { return folder_.path("journal.db"); }
  /// A connection of its own to the file, to look and to spoil.
  [[nodiscard]] std::unique_ptr<storage::SqliteConnection> other() const;

  TemporaryFolder folder_{FolderPlace::memory};
};

}  // namespace orchestrator::harness::journal::testing
