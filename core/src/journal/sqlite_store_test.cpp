// SPDX-License-Identifier: Apache-2.0
// Goal: the SQLite store keeps the promises of every store, and those that are its own: one process writes, content
// goes with the last run that uses it, finished runs are packed, damage is named. Method: the conformance suite on a
// disk and in memory; stores in a temporary folder, looked at and spoilt through a connection of the test's own.

#include "journal/sqlite_store.hpp"

#include <gmock/gmock.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <string>
#include <thread>

#include "journal/journal_schema.hpp"
#include "journal/local_disk.hpp"
#include "journal/store_lock.hpp"
#include "journal/testing/sqlite_kind.hpp"

namespace orchestrator::harness::journal::testing {
namespace {

using runtime::testing::write_file;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

INSTANTIATE_TEST_SUITE_P(Sqlite, StoreConformance,
                         ::testing::Values(sqlite_kind(FolderPlace::disk), sqlite_kind(FolderPlace::memory)),
                         kind_name);

template <class T>
std::string code_of(const Result<T>& result) {
  return result ? "ok" : result.error().code;
}

TEST_F(SqliteTest, ItsFilesAreForTheirOwner) {
  const auto store = open_store();
  RunLines lines(run_id(1), session_id(1));
  const auto writer = write_run(*store, lines);
  for (const std::string& end : {"", "-wal", "-shm", "-lock"}) {
    struct stat status{};
    ASSERT_EQ(::stat((path() + end).c_str(), &status), 0) << end;
    EXPECT_EQ(status.st_mode & 0777, 0600U) << end;
  }
}

TEST_F(SqliteTest, AClosedStoreLeavesNoLog) {
  {
    const auto store = open_store();
    RunLines lines(run_id(1), session_id(1));
    write_run(*store, lines);
    EXPECT_EQ(read_all(*store, run_id(1)).size(), 1U);
  }
  struct stat status{};
  EXPECT_NE(::stat((path() + "-wal").c_str(), &status), 0);
  EXPECT_EQ(read_all(*open_store(), run_id(1)).size(), 1U);
}

TEST_F(SqliteTest, WhatWasRemovedLeavesTheLogWhenNoRunIsOpen) {
  const std::string word = "xylophone";
  const auto store = open_store();
  RunLines lines(run_id(1), session_id(1));
  auto writer = await(store->create(lines.run(), lines.session())).value();
  append(*writer, lines.start(word));
  EXPECT_THAT(runtime::testing::read_file(path() + "-wal"), HasSubstr(word));
  EXPECT_EQ(read_all(*store, run_id(1)).size(), 1U) << "a reader stays open";
  writer.reset();
  ASSERT_TRUE(await(store->remove(run_id(1))));
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(30);
  while (!StoreLock::take(path()) && std::chrono::steady_clock::now() < deadline) std::this_thread::yield();
  for (const std::string& end : {"", "-wal"}) {
    EXPECT_THAT(runtime::testing::read_file(path() + end), Not(HasSubstr(word))) << end;
  }
}

// The child has the store and writes; this process reads and is refused. Each waits for the other through pipes.
TEST_F(SqliteTest, ASecondProcessReadsAndIsToldWhoWrites) {
  int go[2];
  int ready[2];
  ASSERT_EQ(::pipe(go), 0);
  ASSERT_EQ(::pipe(ready), 0);
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    ::close(go[1]);
    char byte = 0;
    const auto store = open_store();
    RunLines lines(run_id(1), session_id(1));
    const auto writer = write_run(*store, lines, 2);
    const bool is_told = ::write(ready[1], "!", 1) == 1 && ::read(go[0], &byte, 1) >= 0;
    ::_exit(is_told && writer ? 0 : 1);
  }
  char byte = 0;
  ASSERT_EQ(::read(ready[0], &byte, 1), 1);
  {
    const auto store = open_store();
    EXPECT_EQ(read_all(*store, run_id(1)).size(), 3U);
    EXPECT_TRUE(await(store->list({})).value().at(0).held);
    const auto created = await(store->create(run_id(2), session_id(1)));
    ASSERT_FALSE(created);
    EXPECT_EQ(created.error().code, "run_locked");
    EXPECT_THAT(created.error().message,
                AllOf(HasSubstr("sqlite:" + path()), HasSubstr("process " + std::to_string(child))));
    EXPECT_EQ(code_of(await(store->remove(run_id(1)))), "run_locked");
  }
  ::close(go[1]);
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_EQ(WEXITSTATUS(status), 0);
  // It is gone, killed as it were, and left its log behind.
  const auto store = open_store();
  EXPECT_FALSE(await(store->list({})).value().at(0).held);
  auto opened = await(store->open(run_id(1)));
  ASSERT_TRUE(opened) << opened.error().message;
  EXPECT_EQ(opened->writer->epoch(), 1U);
  for (const int fd : {go[0], ready[0], ready[1]}) ::close(fd);
}

// The child writes, lets its run go and lives on; this process then writes. Each waits for the other through pipes.
TEST_F(SqliteTest, AProcessWithoutAnOpenRunLetsOthersWrite) {
  int go[2];
  int ready[2];
  ASSERT_EQ(::pipe(go), 0);
  ASSERT_EQ(::pipe(ready), 0);
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    ::close(go[1]);
    char byte = 0;
    const auto store = open_store();
    RunLines lines(run_id(1), session_id(1));
    write_run(*store, lines, 2);
    bool is_right = ::write(ready[1], "!", 1) == 1 && ::read(go[0], &byte, 1) == 0;
    // Its store still works: it takes the lock anew.
    is_right = is_right && read_all(*store, run_id(2)).size() == 1;
    RunLines more(run_id(3), session_id(1));
    is_right = is_right && write_run(*store, more) != nullptr;
    ::_exit(is_right ? 0 : 1);
  }
  char byte = 0;
  ASSERT_EQ(::read(ready[0], &byte, 1), 1);
  const auto store = open_store();
  RunLines lines(run_id(2), session_id(1));
  write_run(*store, lines);
  ::close(go[1]);
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_EQ(WEXITSTATUS(status), 0);
  EXPECT_EQ(await(store->list({})).value().size(), 3U);
  for (const int fd : {go[0], ready[0], ready[1]}) ::close(fd);
}

TEST_F(SqliteTest, RunsFromBeforeTheMarkOfAnImportHaveNone) {
  RunLines lines(run_id(1), session_id(1));
  write_run(*open_store(), lines, 2).reset();
  ASSERT_TRUE(other()->execute("ALTER TABLE run DROP COLUMN imported; PRAGMA user_version = 3"));
  const auto store = open_store();
  const auto runs = await(store->list({}));
  ASSERT_TRUE(runs) << runs.error().message;
  ASSERT_EQ(runs->size(), 1U);
  EXPECT_FALSE(runs->front().imported);
  EXPECT_EQ(read_all(*store, run_id(1)).size(), 3U);
  EXPECT_EQ(other()->integer_of("PRAGMA user_version").value(), journal_migrations().back().version);
}

TEST_F(SqliteTest, AWaitEndsWhenAnotherProcessAppends) {
  int go[2];
  ASSERT_EQ(::pipe(go), 0);
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    ::close(go[1]);
    char byte = 0;
    const auto store = open_store();
    RunLines lines(run_id(1), session_id(1));
    const auto writer = write_run(*store, lines);
    const bool is_told = ::read(go[0], &byte, 1) == 1;
    append(*writer, lines.delta());
    ::_exit(is_told && ::read(go[0], &byte, 1) == 0 ? 0 : 1);
  }
  const auto store = open_store();
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(30);
  while (!await(store->wait(run_id(1), 0, deadline)) && std::chrono::steady_clock::now() < deadline) {
  }  // it is made in a moment
  EXPECT_EQ(await(store->wait(run_id(1), 2, std::chrono::steady_clock::now())), Result<bool>(false));
  ASSERT_EQ(::write(go[1], "!", 1), 1);
  EXPECT_EQ(await(store->wait(run_id(1), 2, deadline)), Result<bool>(true));
  EXPECT_EQ(read_all(*store, run_id(1)).size(), 2U);
  ::close(go[1]);
  ::close(go[0]);
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_EQ(WEXITSTATUS(status), 0);
}

TEST_F(SqliteTest, AfterAnotherBootTheEpochRises) {
  {
    const auto store = open_store();
    RunLines lines(run_id(1), session_id(1));
    write_run(*store, lines, 1);
  }
  ASSERT_TRUE(other()->execute("UPDATE run SET boot = 'another'"));
  const auto store = open_store();
  auto opened = await(store->open(run_id(1)));
  ASSERT_TRUE(opened);
  EXPECT_EQ(opened->writer->epoch(), 2U);
  opened->writer.reset();
  EXPECT_EQ(await(store->open(run_id(1)))->writer->epoch(), 2U) << "once a boot";
}

TEST_F(SqliteTest, ContentGoesWithTheLastRunThatUsesIt) {
  const auto store = open_store();
  const SharedBytes cat("cat");
  RunLines first(run_id(1), session_id(1));
  ASSERT_TRUE(await(write_run(*store, first)->put_blob(cat)));
  // The second goes on from what the first has put: its first line names the content.
  RunLines second(run_id(2), session_id(1));
  const auto writer = await(store->create(second.run(), second.session())).value();
  append(*writer, second.start("about " + cat.hash().str()));
  ASSERT_TRUE(await(store->remove(run_id(1))));
  EXPECT_EQ(code_of(await(store->blob(cat.hash()))), "ok");
  ASSERT_EQ(code_of(await(store->remove(run_id(2)))), "run_locked");
}

TEST_F(SqliteTest, ContentThatNoRunUsesIsGone) {
  const auto store = open_store();
  RunLines lines(run_id(1), session_id(1));
  ASSERT_TRUE(await(write_run(*store, lines)->put_blob(SharedBytes("cat"))));
  ASSERT_TRUE(await(store->remove(run_id(1))));
  EXPECT_EQ(code_of(await(store->blob(sha256("cat")))), "run_not_found");
  EXPECT_EQ(other()->integer_of("SELECT count(*) FROM blob_use").value(), 0);
}

TEST_F(SqliteTest, AFinishedRunIsPackedAndReadsTheSame) {
  RunLines lines(run_id(1), session_id(1));
  std::vector<RunLines::Line> written;
  {
    const auto store = open_store();
    const auto writer = await(store->create(lines.run(), lines.session())).value();
    written.push_back(lines.start());
    for (int i = 0; i < 1'200; ++i) written.push_back(lines.delta(std::string(static_cast<std::size_t>(i % 900), 'x')));
    written.push_back(lines.completed());
    for (const auto& line : written) append(*writer, line);
  }  // closing packs
  const auto connection = other();
  EXPECT_EQ(connection->integer_of("SELECT count(*) FROM line").value(), 2) << "the first and the last stay";
  const auto chunks = connection->integer_of("SELECT count(*) FROM chunk").value();
  EXPECT_GT(chunks, 5);
  EXPECT_EQ(connection->integer_of("SELECT sealed FROM run").value(), 1);
  const auto stored = connection->integer_of("SELECT sum(length(bytes)) FROM chunk").value();
  const auto store = open_store();
  const RunSummary run = await(store->list({})).value().at(0);
  EXPECT_LT(stored * 3, static_cast<std::int64_t>(run.bytes)) << "at least three times smaller";
  for (const std::uint64_t bytes_max : {1ULL << 20, 3'000ULL, 0ULL}) {
    const auto read = read_all(*store, run_id(1), 0, bytes_max);
    ASSERT_EQ(read.size(), written.size());
    for (std::size_t i = 0; i < read.size(); ++i) ASSERT_TRUE(equal(read[i], *written[i])) << i;
  }
  for (const std::uint64_t after : {1U, 2U, 3U, 600U, 1'202U}) {
    EXPECT_EQ(await(store->read(run_id(1), after, 0)).value().at(0).step, after <= 1 ? 1 : after) << after;
  }
}

TEST_F(SqliteTest, PackingThatWasCutShortIsTakenUp) {
  RunLines lines(run_id(1), session_id(1));
  {
    const auto store = open_store();
    const auto writer = write_run(*store, lines, 50);
    append(*writer, lines.completed());
  }
  // As it is between the last step but one and the last one.
  ASSERT_TRUE(other()->execute("UPDATE run SET sealed = 0"));
  {
    const auto store = open_store();
    RunLines next(run_id(2), session_id(1));
    write_run(*store, next);
    EXPECT_EQ(decode_run(read_all(*store, run_id(1))).size(), 52U);
  }
  EXPECT_EQ(other()->integer_of("SELECT count(*) FROM run WHERE sealed = 1").value(), 1);
}

TEST_F(SqliteTest, DamageIsFoundAndPlaced) {
  RunLines lines(run_id(1), session_id(1));
  {
    const auto store = open_store();
    write_run(*store, lines, 5);
  }
  const auto spoilt = [&](const std::string& sql) {
    const auto connection = other();
    EXPECT_TRUE(connection->execute("SAVEPOINT whole; " + sql + "; RELEASE whole"));
    const auto page = await(open_store()->read(run_id(1), 4, 1 << 20));
    return page ? std::string("ok") : page.error().code + ": " + page.error().message;
  };
  EXPECT_EQ(spoilt("SELECT 1"), "ok");
  EXPECT_THAT(
      spoilt("UPDATE line SET bytes = CAST(replace(CAST(bytes AS TEXT), 'Paris', 'Porto') AS BLOB) WHERE step = 4"),
      AllOf(HasSubstr("journal_damaged"), HasSubstr("step 4"), HasSubstr("checksum mismatch")));
  EXPECT_THAT(spoilt("DELETE FROM line WHERE step = 4"), AllOf(HasSubstr("journal_damaged"), HasSubstr("step 4")));
  EXPECT_THAT(spoilt("DELETE FROM line WHERE step > 1"), AllOf(HasSubstr("journal_damaged"), HasSubstr("missing")));
  EXPECT_EQ(code_of(await(open_store()->open(run_id(1)))), "journal_damaged");
}

TEST_F(SqliteTest, WhatIsNoJournalStaysAsItIs) {
  write_file(path(), "This is a letter to somebody, and no database at all.\n");
  EXPECT_EQ(code_of(SqliteStore::open({path()})), "not_a_journal");
  EXPECT_THAT(runtime::testing::read_file(path()), HasSubstr("a letter"));
  write_file(path(), "");
  ASSERT_TRUE(other()->execute("CREATE TABLE letter(text)"));
  EXPECT_EQ(code_of(SqliteStore::open({path()})), "not_a_journal");
  EXPECT_EQ(code_of(SqliteStore::open({folder_.path()})), "storage_failed");
  EXPECT_EQ(code_of(SqliteStore::open({""})), "configuration_invalid");
}

TEST(LocalDisk, KnowsTheFileSystemsOfNetworks) {
  EXPECT_TRUE(is_network(0x6969, ""));
  EXPECT_TRUE(is_network(0xFE534D42, ""));
  EXPECT_TRUE(is_network(0x65735546, "fuse.sshfs"));
  EXPECT_FALSE(is_network(0x65735546, "fuse.ntfs-3g"));
  EXPECT_FALSE(is_network(0xEF53, "")) << "ext4";
  EXPECT_FALSE(is_network(0x01021994, "")) << "tmpfs";
  EXPECT_TRUE(check_local("/tmp"));
  EXPECT_EQ(code_of(check_local("/no/such/folder")), "storage_failed");
}

}  // namespace
}  // namespace orchestrator::harness::journal::testing
