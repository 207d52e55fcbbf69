// SPDX-License-Identifier: Apache-2.0
// Goal: tables are made and brought up to date whole or not at all, by one process at a time; others are refused and
// left alone. Method: a real server; steps that fail halfway, and many at once.

#include "journal/postgres_schema.hpp"

#include <gmock/gmock.h>

#include <array>
#include <thread>
#include <vector>

#include "journal/testing/postgres_kind.hpp"

namespace orchestrator::harness::journal::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

class PostgresSchema : public PostgresTest {
 protected:
  Result<void> prepare(std::span<const PostgresMigration> migrations = postgres_migrations()) {
    auto connection = PostgresConnection::open(parse_postgres_address(url()).value());
    if (!connection) return std::unexpected(connection.error());
    return prepare_postgres(**connection, migrations);
  }
  std::int64_t version() { return number("SELECT version FROM journal_version"); }
};

std::vector<PostgresMigration> with_step(const char* sql) {
  std::vector<PostgresMigration> steps(postgres_migrations().begin(), postgres_migrations().end());
  steps.push_back({steps.back().version + 1, sql});
  return steps;
}

TEST_F(PostgresSchema, TablesAreMadeOnce) {
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([this] {
      const auto prepared = prepare();
      EXPECT_TRUE(prepared) << prepared.error().message;
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(version(), postgres_migrations().back().version);
}

TEST_F(PostgresSchema, OlderTablesAreBroughtUpToDate) {
  ASSERT_TRUE(prepare());
  const auto steps = with_step("ALTER TABLE journal_run ADD COLUMN colour text");
  ASSERT_TRUE(prepare(steps));
  EXPECT_EQ(version(), steps.back().version);
  EXPECT_EQ(number("SELECT count(colour) FROM journal_run"), 0);
}

TEST_F(PostgresSchema, RunsFromBeforeTheMarkOfAnImportHaveNone) {
  RunLines lines(run_id(1), session_id(1));
  write_run(*open_store(), lines).reset();
  execute("ALTER TABLE journal_run DROP COLUMN imported; UPDATE journal_version SET version = 2");
  const auto runs = await(open_store(Handle::other)->list({}));
  ASSERT_TRUE(runs) << runs.error().message;
  ASSERT_EQ(runs->size(), 1U);
  EXPECT_FALSE(runs->front().imported);
  EXPECT_EQ(version(), postgres_migrations().back().version);
}

TEST_F(PostgresSchema, AStepThatFailsOrIsCutLeavesWhatWasThere) {
  ASSERT_TRUE(prepare());
  for (const char* end : {"SELECT 1 / 0", "SELECT pg_terminate_backend(pg_backend_pid())"}) {
    const std::string sql = std::string("ALTER TABLE journal_run ADD COLUMN colour text; ") + end;
    EXPECT_FALSE(prepare(with_step(sql.c_str())));
    EXPECT_EQ(version(), postgres_migrations().back().version);
    EXPECT_EQ(number("SELECT count(*) FROM information_schema.columns WHERE column_name = 'colour'"), 0);
  }
  EXPECT_TRUE(prepare());
}

TEST_F(PostgresSchema, NewerTablesAreRefusedWithBothVersions) {
  ASSERT_TRUE(prepare());
  execute("UPDATE journal_version SET version = 99");
  const auto refused = PostgresStore::open(url());
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, "version_too_new");
  EXPECT_THAT(
      refused.error().message,
      AllOf(HasSubstr("version 99"), HasSubstr("up to " + std::to_string(postgres_migrations().back().version))));
}

TEST_F(PostgresSchema, TablesOfSomethingElseAreLeftAlone) {
  execute("CREATE TABLE journal_run(mine text)");
  const auto refused = PostgresStore::open(url());
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, "not_a_journal");
  EXPECT_EQ(number("SELECT count(mine) FROM journal_run"), 0);
}

}  // namespace
}  // namespace orchestrator::harness::journal::testing
