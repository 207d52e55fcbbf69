// SPDX-License-Identifier: Apache-2.0
// Goal: a PostgreSQL store keeps the promises of every store, and what its tables alone show. Method: a real server;
// runs written by one owner and looked at by others.

#include "journal/postgres_store.hpp"

#include <gmock/gmock.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <string>
#include <thread>

#include "journal/postgres_notices.hpp"
#include "journal/postgres_owner.hpp"
#include "journal/testing/postgres_kind.hpp"

namespace orchestrator::harness::journal::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

INSTANTIATE_TEST_SUITE_P(Postgres, StoreConformance, ::testing::Values(postgres_kind()), kind_name);

class PostgresStores : public PostgresTest {};

template <class T>
std::string code_of(const Result<T>& result) {
  return result ? "ok" : result.error().code;
}

TEST_F(PostgresStores, TheHolderIsNamedWithItsHost) {
  const auto store = open_store();
  RunLines lines(run_id(1), session_id(1));
  const auto writer = write_run(*store, lines);
  const auto refused = await(open_store(Handle::other)->open(run_id(1)));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, "run_locked");
  EXPECT_THAT(refused.error().message,
              AllOf(HasSubstr("process " + std::to_string(::getpid())), HasSubstr("on host " + present_owner().host)));
}

TEST_F(PostgresStores, AnOldOwnerIsRefusedOnceAnotherHasTheRun) {
  const auto old_store = open_store();
  const auto new_store = open_store(Handle::other);
  RunLines lines(run_id(1), session_id(1));
  auto old_writer = write_run(*old_store, lines);
  execute("UPDATE journal_owner SET lease_until = clock_timestamp() - interval '1 second'");
  auto taken = await(new_store->open(run_id(1)));
  ASSERT_TRUE(taken) << taken.error().message;
  const auto line = lines.delta();
  const auto refused = await(old_writer->append(line));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, "run_locked");
  EXPECT_EQ(code_of(await(old_writer->sync())), "run_locked");
  EXPECT_EQ(code_of(await(old_writer->put_blob(SharedBytes("cat")))), "run_locked");
  old_writer.reset();  // gives back nothing that is not its own
  append(*taken->writer, line);
  EXPECT_EQ(decode_run(read_all(*old_store, run_id(1))).size(), 2U);
  EXPECT_EQ(code_of(await(open_store(Handle::other)->open(run_id(1)))), "run_locked");
}

TEST_F(PostgresStores, AnOldOwnerThatNobodyReplacedGoesOn) {
  const auto store = open_store();
  RunLines lines(run_id(1), session_id(1));
  const auto writer = write_run(*store, lines);
  execute("UPDATE journal_owner SET lease_until = clock_timestamp() - interval '1 hour'");
  append(*writer, lines.delta());
  EXPECT_EQ(code_of(await(open_store(Handle::other)->open(run_id(1)))), "run_locked");
}

TEST_F(PostgresStores, AnAppendToAnotherHeadIsRefused) {
  const auto store = open_store();
  RunLines lines(run_id(1), session_id(1));
  const auto writer = write_run(*store, lines);
  execute("UPDATE journal_run SET steps = 7");
  EXPECT_EQ(code_of(await(writer->append(lines.delta()))), "precondition_failed");
  EXPECT_EQ(number("SELECT count(*) FROM journal_line"), 1);
}

// The other process is forked while this one has no thread of its own.
TEST_F(PostgresStores, ARunOfAProcessThatWasKilledIsFreeAtOnce) {
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    StoreTest test;
    RunLines lines(run_id(1), session_id(1));
    const auto store = open_store();
    const auto writer = test.write_run(*store, lines, 2);
    ::_exit(writer ? 0 : 1);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  ASSERT_EQ(status, 0);
  const auto store = open_store();
  EXPECT_FALSE(await(store->list({})).value().at(0).held);
  const auto opened = await(store->open(run_id(1)));
  ASSERT_TRUE(opened) << opened.error().message;
  EXPECT_EQ(decode_run(read_all(*store, run_id(1))).size(), 3U);
}

TEST_F(PostgresStores, ARunOfAnotherMachineIsFreeWhenItsLeaseIsOver) {
  RunLines lines(run_id(1), session_id(1));
  const auto store = open_store();
  const auto writer = write_run(*store, lines);
  execute(
      "UPDATE journal_owner SET machine = 'elsewhere', pid = '1', lease_until = clock_timestamp() + interval '1 hour'");
  const auto other = open_store(Handle::other);
  EXPECT_EQ(code_of(await(other->open(run_id(1)))), "run_locked");
  execute("UPDATE journal_owner SET lease_until = clock_timestamp() WHERE machine = 'elsewhere'");
  EXPECT_EQ(code_of(await(other->open(run_id(1)))), "ok");
}

TEST_F(PostgresStores, AppendsAreHeardOfElsewhere) {
  const auto store = open_store();
  RunLines lines(run_id(1), session_id(1));
  const auto writer = write_run(*store, lines);
  RunSignals signals;  // that nobody else tells
  const auto signal = signals.of(run_id(1));
  const auto other_signal = signals.of(run_id(2));
  const std::string channel =
      "orchestrator_journal_" + std::to_string(number("SELECT 'journal_version'::regclass::oid::bigint"));
  PostgresNotices notices(parse_postgres_address(url()).value(), channel, &signals);
  notices.start();
  const auto patience = std::chrono::steady_clock::now() + runtime::testing::kTestPatience;
  while (signal->version() == 0 && std::chrono::steady_clock::now() < patience) append(*writer, lines.delta());
  EXPECT_GT(signal->version(), 0U);
  EXPECT_EQ(other_signal->version(), 0U);
}

TEST_F(PostgresStores, AWaitElsewhereEndsWithAnAppend) {
  const auto store = open_store();
  const auto other = open_store(Handle::other);
  RunLines lines(run_id(1), session_id(1));
  const auto writer = write_run(*store, lines);
  for (int i = 0; i < 3; ++i) {
    const std::uint64_t head = lines.head().seq;
    Result<bool> more = false;
    std::thread waiter([&] {
      more = StoreTest().await(
          other->wait(run_id(1), head, std::chrono::steady_clock::now() + runtime::testing::kTestPatience));
    });
    append(*writer, lines.delta());
    waiter.join();
    EXPECT_EQ(more, Result<bool>(true));
  }
}

TEST_F(PostgresStores, TheEpochRisesOnAnotherTimeline) {
  const auto store = open_store();
  RunLines lines(run_id(1), session_id(1));
  write_run(*store, lines).reset();
  EXPECT_EQ(await(store->open(run_id(1)))->writer->epoch(), 1U);
  execute("UPDATE journal_run SET timeline = '000000FF'");
  EXPECT_EQ(await(store->open(run_id(1)))->writer->epoch(), 2U);
  EXPECT_EQ(await(store->open(run_id(1)))->writer->epoch(), 2U);
}

TEST_F(PostgresStores, ContentGoesWithItsLastRun) {
  const auto store = open_store();
  for (std::uint64_t i = 1; i <= 2; ++i) {
    RunLines lines(run_id(i), session_id(1));
    const auto writer = write_run(*store, lines);
    EXPECT_EQ(code_of(await(writer->put_blob(SharedBytes("cat")))), "ok");
  }
  EXPECT_EQ(number("SELECT count(*) FROM journal_blob"), 1);
  EXPECT_EQ(code_of(await(store->remove(run_id(1)))), "ok");
  EXPECT_EQ(code_of(await(store->blob(sha256("cat")))), "ok");
  EXPECT_EQ(code_of(await(store->remove(run_id(2)))), "ok");
  EXPECT_EQ(code_of(await(store->blob(sha256("cat")))), "run_not_found");
  EXPECT_EQ(number("SELECT count(*) FROM journal_line"), 0);
}

TEST_F(PostgresStores, AFirstLineKeepsTheContentThatItNames) {
  const auto store = open_store();
  RunLines before(run_id(1), session_id(1));
  const auto writer = write_run(*store, before);
  EXPECT_EQ(code_of(await(writer->put_blob(SharedBytes("cat")))), "ok");
  RunLines after(run_id(2), session_id(1));
  const auto next = await(store->create(after.run(), after.session())).value();
  append(*next, after.start("content " + sha256("cat").str()));
  EXPECT_EQ(number("SELECT count(*) FROM journal_blob_use"), 2);
}

TEST_F(PostgresStores, DamageIsFoundAndLocated) {
  const auto store = open_store();
  RunLines lines(run_id(1), session_id(1));
  write_run(*store, lines, 3).reset();
  execute("UPDATE journal_line SET bytes = set_byte(bytes, 40, 33) WHERE step = 3");
  EXPECT_EQ(await(store->read(run_id(1), 0, 1 << 20))->size(), 2U) << "what comes before is read";
  const auto read = await(store->read(run_id(1), 3, 1 << 20));
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().code, "journal_damaged");
  EXPECT_THAT(read.error().message, HasSubstr("step 3"));
  EXPECT_EQ(number("SELECT count(*) FROM journal_run WHERE damage LIKE '%step 3%'"), 1) << "who reads it marks it";
  execute("DELETE FROM journal_line WHERE step = 4");
  EXPECT_EQ(code_of(await(store->open(run_id(1)))), "journal_damaged");
  execute("DELETE FROM journal_line WHERE step = 1");
  EXPECT_EQ(code_of(await(store->read(run_id(1), 0, 1))), "journal_damaged");
}

TEST_F(PostgresStores, WhoMayOnlyReadReads) {
  {
    RunLines lines(run_id(1), session_id(1));
    write_run(*open_store(), lines).reset();
  }
  execute("CREATE ROLE reader_" + schema_ + " LOGIN; GRANT USAGE ON SCHEMA " + schema_ + " TO reader_" + schema_ +
          "; GRANT SELECT ON ALL TABLES IN SCHEMA " + schema_ + " TO reader_" + schema_);
  std::string as_reader = url();
  as_reader.replace(as_reader.find("postgres@"), 8, "reader_" + schema_);
  const auto store = open_store(as_reader);
  EXPECT_EQ(read_all(*store, run_id(1)).size(), 1U);
  EXPECT_EQ(await(store->list({})).value().size(), 1U);
  EXPECT_EQ(code_of(await(store->open(run_id(1)))), "storage_readonly");
  execute("DROP OWNED BY reader_" + schema_ + "; DROP ROLE reader_" + schema_);
}

TEST_F(PostgresStores, NoErrorHoldsThePassword) {
  const std::string secret = "hunter2%21";
  const auto missing = PostgresStore::open("postgres://u:" + secret + "@/nothing?host=" + server_->socket_folder());
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().code, "configuration_invalid");
  EXPECT_THAT(missing.error().message, AllOf(HasSubstr("postgres://u@/nothing"), Not(HasSubstr("hunter2"))));
  const auto down = PostgresStore::open("postgres://u@/d?host=/nowhere&password=" + secret);
  ASSERT_FALSE(down);
  EXPECT_EQ(down.error().code, "storage_unavailable");
  EXPECT_THAT(down.error().message, Not(HasSubstr("hunter2")));
  const auto with_password = open_store("postgres://postgres:" + secret + url().substr(url().find("@")));
  EXPECT_EQ(with_password->url(), url());
}

}  // namespace
}  // namespace orchestrator::harness::journal::testing
