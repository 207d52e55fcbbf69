// SPDX-License-Identifier: Apache-2.0
#include "daemon/runs/idempotency_keys.hpp"

#include <chrono>
#include <utility>

#include "daemon/database/small_database.hpp"
#include "storage/sqlite_transaction.hpp"

namespace orchestrator::daemon {
namespace {

namespace asio = boost::asio;
namespace storage = harness::storage;
using harness::Result;

constexpr const char* kSchema =
    "CREATE TABLE IF NOT EXISTS keys(scope TEXT NOT NULL, label TEXT NOT NULL, body TEXT NOT NULL, run_id TEXT, "
    "claimed_at INTEGER NOT NULL, PRIMARY KEY(scope, label)) STRICT, WITHOUT ROWID;"
    "CREATE INDEX IF NOT EXISTS keys_by_time ON keys(claimed_at);";

harness::WallTime now() {
  const auto since = std::chrono::system_clock::now().time_since_epoch();
  return {std::chrono::duration_cast<std::chrono::microseconds>(since).count()};
}

}  // namespace

Result<std::unique_ptr<IdempotencyKeys>> IdempotencyKeys::open(const std::string& path, std::string scope) {
  auto database = open_small_database(path, "database of idempotency keys", kSchema);
  if (!database) return std::unexpected(std::move(database.error()));
  return std::unique_ptr<IdempotencyKeys>(new IdempotencyKeys(*std::move(database), std::move(scope)));
}

IdempotencyKeys::IdempotencyKeys(std::unique_ptr<storage::SqliteConnection> database, std::string scope)
    : database_(std::move(database)), scope_(std::move(scope)) {}

std::string IdempotencyKeys::label_of(const std::string& key) const {
  constexpr std::size_t kLabelBytes = 32;
  return harness::sha256(scope_ + "\n" + key).str().substr(0, kLabelBytes);
}

Result<KeyClaim> IdempotencyKeys::claim_now(const std::string& label, const std::string& body_hash) {
  auto transaction = storage::SqliteTransaction::begin(database_.get(), storage::SqliteTransaction::Kind::write);
  if (!transaction) return std::unexpected(std::move(transaction.error()));
  const harness::WallTime at = now();
  auto old = database_->prepare(
      "DELETE FROM keys WHERE claimed_at < ?1 OR claimed_at < "
      "(SELECT claimed_at FROM keys ORDER BY claimed_at DESC LIMIT 1 OFFSET ?2)");
  if (!old) return std::unexpected(std::move(old.error()));
  auto swept = old->bind(at.unix_us - kKeptSeconds * 1'000'000).bind(kKeysMax).run();
  if (!swept) return std::unexpected(std::move(swept.error()));
  auto known = database_->prepare("SELECT body, run_id, claimed_at FROM keys WHERE scope = ?1 AND label = ?2");
  if (!known) return std::unexpected(std::move(known.error()));
  auto row = known->bind(scope_).bind(label).step();
  if (!row) return std::unexpected(std::move(row.error()));
  KeyClaim claim;
  claim.claimed_at = at;
  if (*row) {
    claim.claimed_at = {known->integer(2)};
    claim.run_id = harness::RunId::parse(known->is_null(1) ? std::string() : known->text(1));
    claim.state = known->text(0) != body_hash ? KeyClaim::State::mismatch
                  : claim.run_id              ? KeyClaim::State::settled
                                              : KeyClaim::State::unsettled;
    return claim;
  }
  auto made = database_->prepare("INSERT INTO keys(scope, label, body, claimed_at) VALUES(?1, ?2, ?3, ?4)");
  if (!made) return std::unexpected(std::move(made.error()));
  auto done = made->bind(scope_).bind(label).bind(body_hash).bind(at.unix_us).run();
  if (done) done = transaction->commit();
  if (!done) return std::unexpected(std::move(done.error()));
  return claim;
}

Result<void> IdempotencyKeys::execute_now(const char* sql, const std::string& label, const std::string& run_id) {
  auto statement = database_->prepare(sql);
  if (!statement) return std::unexpected(std::move(statement.error()));
  statement->bind(scope_).bind(label);
  if (!run_id.empty()) statement->bind(run_id);
  return statement->run();
}

asio::awaitable<Result<KeyClaim>> IdempotencyKeys::claim(std::string key, std::string body) {
  std::move_only_function<Result<KeyClaim>()> work = [this, label = label_of(key), hash = harness::sha256(body).str()] {
    return claim_now(label, hash);
  };
  auto working = thread_.run<KeyClaim>(std::move(work));
  co_return co_await std::move(working);
}

asio::awaitable<Result<void>> IdempotencyKeys::settle(std::string key, harness::RunId run_id) {
  std::move_only_function<Result<void>()> work = [this, label = label_of(key), run = run_id.str()] {
    return execute_now("UPDATE keys SET run_id = ?3 WHERE scope = ?1 AND label = ?2", label, run);
  };
  auto working = thread_.run<void>(std::move(work));
  co_return co_await std::move(working);
}

asio::awaitable<Result<void>> IdempotencyKeys::forget(std::string key) {
  std::move_only_function<Result<void>()> work = [this, label = label_of(key)] {
    return execute_now("DELETE FROM keys WHERE scope = ?1 AND label = ?2 AND run_id IS NULL", label, {});
  };
  auto working = thread_.run<void>(std::move(work));
  co_return co_await std::move(working);
}

}  // namespace orchestrator::daemon
