// SPDX-License-Identifier: Apache-2.0
#include "journal/postgres_database.hpp"

#include <map>
#include <utility>

#include "journal/postgres_schema.hpp"

namespace orchestrator::harness::journal {
namespace {

constexpr std::size_t kReadersKept = 2;

// The databases of this process that somebody has, by the whole address: who knows another password is another user.
struct Databases {
  std::mutex mutex;
  std::map<std::string, std::weak_ptr<PostgresDatabase>> open;
};

Databases& databases() {
  static Databases databases;
  return databases;
}

// The name by which the processes that use the same tables reach each other.
Result<std::string> channel_of(PostgresConnection& connection) {
  const auto rows = connection.run(PostgresQuery("SELECT 'journal_version'::regclass::oid::bigint"));
  if (!rows) return std::unexpected(rows.error());
  return "orchestrator_journal_" + std::to_string(rows->integer(0, 0));
}

}  // namespace

Result<std::shared_ptr<PostgresDatabase>> PostgresDatabase::of(const PostgresAddress& address,
                                                               PostgresCommits::Settings settings) {
  {
    const std::lock_guard lock(databases().mutex);
    if (auto found = databases().open[address.url].lock()) return found;
  }
  auto connection = PostgresConnection::open(address);
  if (!connection) return std::unexpected(connection.error());
  if (auto prepared = prepare_postgres(**connection); !prepared) return std::unexpected(prepared.error());
  const auto channel = channel_of(**connection);
  if (!channel) return std::unexpected(channel.error());
  const std::lock_guard lock(databases().mutex);
  std::erase_if(databases().open, [](const auto& one) { return one.second.expired(); });
  // Another thread may have opened it meanwhile.
  if (auto found = databases().open[address.url].lock()) return found;
  auto database = std::make_shared<PostgresDatabase>(address, *channel, settings);
  database->give_back(*std::move(connection));
  databases().open[address.url] = database;
  return database;
}

PostgresDatabase::PostgresDatabase(PostgresAddress address, const std::string& channel,
                                   PostgresCommits::Settings settings)
    : address_(std::move(address)),
      commits_(PostgresCommits::start(address_, channel, settings)),
      notices_(address_, channel, &signals_) {}

Result<PostgresDatabase::Reader> PostgresDatabase::take_reader() {
  {
    const std::lock_guard lock(mutex_);
    if (!readers_.empty()) {
      Reader reader{std::move(readers_.back()), false};
      readers_.pop_back();
      return reader;
    }
  }
  auto connection = PostgresConnection::open(address_);
  if (!connection) return std::unexpected(connection.error());
  return Reader{*std::move(connection), true};
}

void PostgresDatabase::give_back(std::unique_ptr<PostgresConnection> reader) {
  const std::lock_guard lock(mutex_);
  if (readers_.size() < kReadersKept) readers_.push_back(std::move(reader));
}

}  // namespace orchestrator::harness::journal
