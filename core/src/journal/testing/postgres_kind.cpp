// SPDX-License-Identifier: Apache-2.0
#include "journal/testing/postgres_kind.hpp"

#include <utility>

namespace orchestrator::harness::journal::testing {
namespace {

class PostgresHost final : public StoreHost {
 public:
  explicit PostgresHost(PostgresServer* server) : server_(server), schema_(server->make_schema()) {}
  ~PostgresHost() override { server_->drop_schema(schema_); }

  std::shared_ptr<JournalStore> open() override {
    auto store = PostgresStore::open(server_->url(schema_));
    if (store) return *std::move(store);
    ADD_FAILURE() << store.error().message;
    return nullptr;
  }

 private:
  PostgresServer* server_;
  std::string schema_;
};

}  // namespace

StoreKind postgres_kind() {
  const auto make_host = []() -> std::unique_ptr<StoreHost> {
    PostgresServer* server = PostgresServer::shared();
    if (server == nullptr) return nullptr;
    return std::make_unique<PostgresHost>(server);
  };
  return {"postgres", make_host, true};
}

void PostgresTest::SetUp() {
  server_ = PostgresServer::shared();
  if (server_ == nullptr) GTEST_SKIP() << "PostgreSQL 15 or newer is not installed";
  schema_ = server_->make_schema();
}

void PostgresTest::TearDown() {
  if (server_ != nullptr) server_->drop_schema(schema_);
}

std::shared_ptr<PostgresStore> PostgresTest::open_store(Handle handle) {
  if (handle == Handle::shared) return open_store(url());
  return open_store(url() + "&application_name=other_" + std::to_string(++others_));
}

std::shared_ptr<PostgresStore> PostgresTest::open_store(const std::string& url, PostgresCommits::Settings settings) {
  auto store = PostgresStore::open(url, settings);
  if (store) return *std::move(store);
  ADD_FAILURE() << store.error().message;
  return nullptr;
}

}  // namespace orchestrator::harness::journal::testing
