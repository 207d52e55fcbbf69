// SPDX-License-Identifier: Apache-2.0
#include "daemon/access/access_records.hpp"

#include <optional>
#include <utility>

#include "daemon/database/small_database.hpp"

namespace orchestrator::daemon {
namespace {

namespace asio = boost::asio;
namespace storage = harness::storage;
using harness::Result;

constexpr const char* kSchema =
    "CREATE TABLE IF NOT EXISTS token(name TEXT PRIMARY KEY, role INTEGER NOT NULL, hash TEXT NOT NULL, "
    "created_at INTEGER NOT NULL, created_by TEXT NOT NULL) STRICT, WITHOUT ROWID;"
    "CREATE TABLE IF NOT EXISTS audit(number INTEGER PRIMARY KEY AUTOINCREMENT, at INTEGER NOT NULL, "
    "who TEXT NOT NULL, operation TEXT NOT NULL, target TEXT NOT NULL, status INTEGER NOT NULL) STRICT;";

std::optional<NamedToken> token_in(const storage::SqliteStatement& row) {
  NamedToken token;
  token.name = row.text(0);
  const std::int64_t role = row.integer(1);
  auto hash = harness::Hash::parse(row.bytes(2));
  if (role <= static_cast<std::int64_t>(Role::open) || role > static_cast<std::int64_t>(Role::admin) || !hash) {
    return std::nullopt;
  }
  token.role = static_cast<Role>(role);
  token.hash = *hash;
  token.created_at = {row.integer(3)};
  token.created_by = row.text(4);
  return token;
}

}  // namespace

Result<std::unique_ptr<AccessRecords>> AccessRecords::open(const std::string& path) {
  auto database = open_small_database(path, "database of tokens", kSchema);
  if (!database) return std::unexpected(std::move(database.error()));
  return std::unique_ptr<AccessRecords>(new AccessRecords(*std::move(database)));
}

Result<std::vector<NamedToken>> AccessRecords::tokens() {
  auto rows = database_->prepare("SELECT name, role, hash, created_at, created_by FROM token ORDER BY name");
  if (!rows) return std::unexpected(std::move(rows.error()));
  std::vector<NamedToken> found;
  for (;;) {
    auto row = rows->step();
    if (!row) return std::unexpected(std::move(row.error()));
    if (!*row) return found;
    if (auto token = token_in(*rows); token) found.push_back(*std::move(token));
  }
}

Result<void> AccessRecords::add_now(const NamedToken& token) {
  auto added =
      database_->prepare("INSERT INTO token(name, role, hash, created_at, created_by) VALUES(?1, ?2, ?3, ?4, ?5)");
  if (!added) return std::unexpected(std::move(added.error()));
  return added->bind(token.name)
      .bind(static_cast<std::int64_t>(token.role))
      .bind(token.hash.str())
      .bind(token.created_at.unix_us)
      .bind(token.created_by)
      .run();
}

Result<void> AccessRecords::remove_now(const std::string& name) {
  auto removed = database_->prepare("DELETE FROM token WHERE name = ?1");
  if (!removed) return std::unexpected(std::move(removed.error()));
  return removed->bind(name).run();
}

Result<void> AccessRecords::note_now(const AuditEntry& entry) {
  auto noted = database_->prepare("INSERT INTO audit(at, who, operation, target, status) VALUES(?1, ?2, ?3, ?4, ?5)");
  if (!noted) return std::unexpected(std::move(noted.error()));
  auto done = noted->bind(entry.at.unix_us)
                  .bind(entry.who)
                  .bind(entry.operation)
                  .bind(entry.target)
                  .bind(std::int64_t{entry.status})
                  .run();
  if (!done) return done;
  auto swept = database_->prepare("DELETE FROM audit WHERE number <= ?1");
  if (!swept) return std::unexpected(std::move(swept.error()));
  return swept->bind(database_->last_row() - kEntriesMax).run();
}

Result<std::vector<AuditEntry>> AccessRecords::page_now(std::int64_t before, std::uint32_t limit) {
  auto rows = database_->prepare(
      "SELECT number, at, who, operation, target, status FROM audit WHERE ?1 = 0 OR number < ?1 "
      "ORDER BY number DESC LIMIT ?2");
  if (!rows) return std::unexpected(std::move(rows.error()));
  rows->bind(before).bind(std::int64_t{limit});
  std::vector<AuditEntry> found;
  for (;;) {
    auto row = rows->step();
    if (!row) return std::unexpected(std::move(row.error()));
    if (!*row) return found;
    found.push_back({rows->integer(0),
                     {rows->integer(1)},
                     rows->text(2),
                     rows->text(3),
                     rows->text(4),
                     static_cast<unsigned>(rows->integer(5))});
  }
}

asio::awaitable<Result<void>> AccessRecords::add(NamedToken token) {
  std::move_only_function<Result<void>()> work = [this, token = std::move(token)] { return add_now(token); };
  auto working = thread_.run<void>(std::move(work));
  co_return co_await std::move(working);
}

asio::awaitable<Result<void>> AccessRecords::remove(std::string name) {
  std::move_only_function<Result<void>()> work = [this, name = std::move(name)] { return remove_now(name); };
  auto working = thread_.run<void>(std::move(work));
  co_return co_await std::move(working);
}

asio::awaitable<Result<void>> AccessRecords::note(AuditEntry entry) {
  std::move_only_function<Result<void>()> work = [this, entry = std::move(entry)] { return note_now(entry); };
  auto working = thread_.run<void>(std::move(work));
  co_return co_await std::move(working);
}

asio::awaitable<Result<std::vector<AuditEntry>>> AccessRecords::page(std::int64_t before, std::uint32_t limit) {
  std::move_only_function<Result<std::vector<AuditEntry>>()> work = [this, before, limit] {
    return page_now(before, limit);
  };
  auto working = thread_.run<std::vector<AuditEntry>>(std::move(work));
  co_return co_await std::move(working);
}

}  // namespace orchestrator::daemon
