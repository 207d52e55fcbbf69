// SPDX-License-Identifier: Apache-2.0
#pragma once

// The PostgreSQL store as a kind for the conformance suite, and as a base for tests of its tables. One thread. Without
// an installed server such tests are skipped.

#include <memory>
#include <string>

#include "journal/postgres_store.hpp"
#include "journal/testing/postgres_server.hpp"
#include "journal/testing/store_conformance.hpp"

namespace orchestrator::harness::journal::testing {

/// Each host is a schema of the shared server.
[[nodiscard]] StoreKind postgres_kind();

/// Tables of their own on the shared server.
class PostgresTest : public StoreTest, public ::testing::Test {
 protected:
  void SetUp() override;
  void TearDown() override;

  /// `other`: as another process would have it, with connections and an owner of its own.
  enum class Handle { shared, other };
  [[nodiscard]] std::shared_ptr<PostgresStore> open_store(Handle handle = Handle::shared);
  [[nodiscard]] std::shared_ptr<PostgresStore> open_store(const std::string& url,
                                                          PostgresCommits::Settings settings = {});
  [[nodiscard]] std::string url() const { return server_->url(schema_); }
  void execute(const std::string& sql) { server_->execute(schema_, sql); }
  [[nodiscard]] std::int64_t number(const std::string& sql) { return server_->number(schema_, sql); }

  PostgresServer* server_ = nullptr;  // of the process
  std::string schema_;
  int others_ = 0;
};

}  // namespace orchestrator::harness::journal::testing
