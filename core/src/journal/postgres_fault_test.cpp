// SPDX-License-Identifier: Apache-2.0
// Goal: whatever becomes of the server and the way to it, nothing acknowledged is lost and nothing is there twice; a
// commit whose outcome is unknown is looked up. Method: a real server that is killed and started again, sessions that
// are ended at chosen moments, connections cut around a COMMIT, and transactions that meet others.

#include <gmock/gmock.h>

#include <atomic>
#include <chrono>
#include <string>
#include <thread>
#include <vector>

#include "journal/testing/postgres_kind.hpp"
#include "journal/testing/postgres_proxy.hpp"

namespace orchestrator::harness::journal::testing {
namespace {

using std::chrono::milliseconds;

class PostgresFaults : public PostgresTest {
 protected:
  // At its next commit of a line, and as many after it, the server does `action`.
  void fail_commits(int count, const std::string& action) {
    execute(
        "CREATE SEQUENCE IF NOT EXISTS faults; CREATE OR REPLACE FUNCTION fault() RETURNS trigger LANGUAGE plpgsql "
        "AS $$ BEGIN IF nextval('faults') <= " +
        std::to_string(count) + " THEN " + action +
        "; END IF; RETURN NULL; END $$; "
        "CREATE CONSTRAINT TRIGGER fault AFTER INSERT ON journal_line DEFERRABLE INITIALLY DEFERRED "
        "FOR EACH ROW EXECUTE FUNCTION fault()");
  }
  std::string url_by(const PostgresProxy& proxy) { return server_->url(schema_, proxy.socket_folder()); }
};

TEST_F(PostgresFaults, ASessionThatIsEndedInACommitIsMadeAnew) {
  const auto store = open_store();
  RunLines lines(run_id(1), session_id(1));
  const auto writer = write_run(*store, lines);
  fail_commits(2, "PERFORM pg_terminate_backend(pg_backend_pid())");
  append(*writer, lines.delta());
  EXPECT_EQ(number("SELECT last_value FROM faults"), 3);
  append(*writer, lines.completed());
  EXPECT_EQ(decode_run(read_all(*store, run_id(1))).size(), 3U);
}

TEST_F(PostgresFaults, ACommitWhoseAnswerIsLostIsLookedUpAndNotMadeTwice) {
  PostgresProxy proxy(server_->socket_folder());
  const auto store = open_store(url_by(proxy));
  RunLines lines(run_id(1), session_id(1));
  const auto writer = write_run(*store, lines);
  for (const auto cut : {PostgresProxy::Cut::after, PostgresProxy::Cut::before}) {
    const int cuts = proxy.cuts();
    const std::int64_t before = number("SELECT commits FROM journal_owner");
    proxy.cut_at("COMMIT", cut);
    append(*writer, lines.delta());
    EXPECT_EQ(proxy.cuts(), cuts + 1);
    EXPECT_EQ(number("SELECT commits FROM journal_owner"), before + 1);
  }
  EXPECT_EQ(decode_run(read_all(*store, run_id(1))).size(), 3U);
}

TEST_F(PostgresFaults, ACreationWhoseAnswerIsLostIsNotRefusedAsThereAlready) {
  PostgresProxy proxy(server_->socket_folder());
  const auto store = open_store(url_by(proxy));
  for (std::uint64_t i = 1; i <= 2; ++i) {
    proxy.cut_at("COMMIT", i == 1 ? PostgresProxy::Cut::after : PostgresProxy::Cut::before);
    RunLines lines(run_id(i), session_id(1));
    auto writer = write_run(*store, lines, 1);
    ASSERT_NE(writer, nullptr);
    writer.reset();
    EXPECT_TRUE(await(store->open(run_id(i))));
  }
}

TEST_F(PostgresFaults, CutConnectionsAreReplaced) {
  PostgresProxy proxy(server_->socket_folder());
  const auto store = open_store(url_by(proxy));
  RunLines lines(run_id(1), session_id(1));
  const auto writer = write_run(*store, lines);
  for (int i = 0; i < 30; ++i) {
    if (i % 3 == 0) proxy.cut_all();
    append(*writer, lines.delta());
    EXPECT_EQ(read_all(*store, run_id(1)).size(), 2U + static_cast<std::size_t>(i));
  }
  EXPECT_GE(proxy.cuts(), 10);
}

TEST_F(PostgresFaults, ASessionThatIsEndedAtAnyMomentCostsNothing) {
  const auto store = open_store();
  RunLines lines(run_id(1), session_id(1));
  const auto writer = write_run(*store, lines);
  std::atomic<bool> is_over = false;
  std::thread terminator([&] {
    while (!is_over) {
      execute(
          "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() "
          "AND backend_type = 'client backend'");
    }
  });
  for (int i = 0; i < 60; ++i) append(*writer, lines.delta());
  is_over = true;
  terminator.join();
  EXPECT_EQ(decode_run(read_all(*store, run_id(1))).size(), 61U);
}

TEST_F(PostgresFaults, TransactionsThatMeetOthersAreRunAgain) {
  const auto store = open_store();
  RunLines lines(run_id(1), session_id(1));
  const auto writer = write_run(*store, lines);
  fail_commits(3, "RAISE EXCEPTION 'met another' USING ERRCODE = '40001'");
  append(*writer, lines.delta());
  EXPECT_EQ(number("SELECT last_value FROM faults"), 4);
  EXPECT_EQ(decode_run(read_all(*store, run_id(1))).size(), 2U);
}

TEST_F(PostgresFaults, ATransactionThatAlwaysMeetsOthersFails) {
  const auto store = open_store();
  RunLines lines(run_id(1), session_id(1));
  auto writer = write_run(*store, lines);
  fail_commits(1'000, "RAISE EXCEPTION 'met another' USING ERRCODE = '40P01'");
  const auto line = lines.delta();
  const auto failed = await(writer->append(line));
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().code, "storage_unavailable");
  EXPECT_THAT(failed.error().message, ::testing::HasSubstr("40P01"));
  execute("DROP TRIGGER fault ON journal_line");
  EXPECT_FALSE(await(writer->append(line))) << "a writer that failed refuses everything";
  writer.reset();
  const auto opened = await(store->open(run_id(1)));
  ASSERT_TRUE(opened) << opened.error().message;
  append(*opened->writer, line);
  EXPECT_EQ(decode_run(read_all(*store, run_id(1))).size(), 2U);
}

TEST_F(PostgresFaults, AFullDiskIsNamedAndHarmsNoOtherRun) {
  const auto store = open_store();
  RunLines lines(run_id(1), session_id(1));
  RunLines other_lines(run_id(2), session_id(1));
  const auto writer = write_run(*store, lines);
  const auto other = write_run(*store, other_lines);
  fail_commits(1, "RAISE EXCEPTION 'no room' USING ERRCODE = '53100'");
  const auto failed = await(writer->append(lines.delta()));
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().code, "storage_full");
  append(*other, other_lines.delta());
  EXPECT_EQ(read_all(*store, run_id(1)).size(), 1U);
}

// Its own server, since the other tests go on with theirs.
class PostgresPowerLoss : public StoreTest, public ::testing::Test {
 protected:
  void SetUp() override {
    server_ = PostgresServer::start();
    if (server_ == nullptr) GTEST_SKIP() << "PostgreSQL 15 or newer is not installed";
    schema_ = server_->make_schema();
  }
  std::unique_ptr<PostgresServer> server_;
  std::string schema_;
};

TEST_F(PostgresPowerLoss, NothingAcknowledgedIsLost) {
  const auto store = PostgresStore::open(server_->url(schema_)).value();
  RunLines lines(run_id(1), session_id(1));
  const auto writer = write_run(*store, lines);
  for (int round = 0; round < 3; ++round) {
    std::atomic<int> acknowledged = 0;
    std::atomic<bool> is_over = false;
    std::thread appender([&] {
      StoreTest test;
      while (!is_over) {
        test.append(*writer, lines.delta(std::string(500, 'x')));
        ++acknowledged;
      }
    });
    while (acknowledged < 5 + 7 * round) std::this_thread::yield();
    server_->kill();
    EXPECT_TRUE(server_->restart());
    const int before = acknowledged;
    while (acknowledged < before + 3) std::this_thread::yield();
    is_over = true;
    appender.join();
    const auto found = read_all(*store, run_id(1));
    EXPECT_EQ(decode_run(found).size(), found.size());
    EXPECT_EQ(found.back().last_seq, lines.head().seq) << "round " << round;
  }
}

TEST_F(PostgresPowerLoss, AServerThatStaysAwayFailsTheWriteAndCanComeBack) {
  const auto store = PostgresStore::open(server_->url(schema_), {milliseconds(50)}).value();
  RunLines lines(run_id(1), session_id(1));
  auto writer = write_run(*store, lines);
  server_->kill();
  const auto line = lines.delta();
  const auto failed = await(writer->append(line));
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().code, "storage_unavailable");
  EXPECT_EQ(await(store->read(run_id(1), 0, 1)).error().code, "storage_unavailable");
  EXPECT_FALSE(await(store->open(run_id(1))));
  writer.reset();
  ASSERT_TRUE(server_->restart());
  const auto opened = await(store->open(run_id(1)));
  ASSERT_TRUE(opened) << opened.error().message;
  append(*opened->writer, line);
  EXPECT_EQ(decode_run(read_all(*store, run_id(1))).size(), 2U);
}

}  // namespace
}  // namespace orchestrator::harness::journal::testing
