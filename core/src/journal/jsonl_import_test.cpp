// SPDX-License-Identifier: Apache-2.0
// Goal: runs of a jsonl store come over whole, once, and none is lost or doubled wherever that is cut short. Method:
// real stores of both kinds; processes that end themselves before the n-th statement.

#include "journal/jsonl_import.hpp"

#include <gmock/gmock.h>
#include <sqlite3.h>
#include <sys/wait.h>
#include <unistd.h>

#include <string>

#include "journal/testing/jsonl_kind.hpp"
#include "journal/testing/sqlite_kind.hpp"

namespace orchestrator::harness::journal::testing {
namespace {

using ::testing::ElementsAre;

class JsonlImport : public StoreTest, public ::testing::Test {
 protected:
  [[nodiscard]] std::string folder() const { return files_.path("journal"); }
  [[nodiscard]] std::string path() const { return files_.path("runs.db"); }

  std::shared_ptr<SqliteStore> open_journal() { return SqliteStore::open({path()}).value(); }
  std::shared_ptr<JsonlStore> open_folder() { return JsonlStore::open(folder()).value(); }

  // A finished run of `number`, 10 events.
  void write(std::uint64_t number) {
    const auto store = open_folder();
    RunLines lines(run_id(number), session_id(1));
    const auto writer = write_run(*store, lines, 7);
    append(*writer, lines.completed());
  }

  Result<std::optional<ImportReport>> import_into(const std::shared_ptr<SqliteStore>& store) {
    return await(import_jsonl(store->file(), folder()));
  }

  std::vector<RunId> ids(JournalStore& store) {
    std::vector<RunId> found;
    for (const RunSummary& run : await(store.list({})).value()) found.push_back(run.run_id);
    return found;
  }

  void expect_equal(JournalStore& left, JournalStore& right, RunId run) {
    const auto these = read_all(left, run);
    const auto those = read_all(right, run);
    ASSERT_EQ(these.size(), those.size());
    for (std::size_t i = 0; i < these.size(); ++i) EXPECT_TRUE(equal(these[i], those[i])) << i;
  }

  TemporaryFolder files_{FolderPlace::memory};
};

TEST_F(JsonlImport, WhereThereIsNoFolderNothingIsDone) {
  const auto store = open_journal();
  EXPECT_FALSE(import_into(store).value());
  EXPECT_NE(::access(folder().c_str(), F_OK), 0) << "and none is made";
}

TEST_F(JsonlImport, RunsComeOverAsTheyAre) {
  write(1);
  write(2);
  {
    const auto old = open_folder();
    RunLines lines(run_id(3), session_id(2));
    const auto writer = await(old->create(lines.run(), lines.session())).value();
    ASSERT_TRUE(await(writer->put_blob(SharedBytes("a cat"))));
    append(*writer, lines.start("look at " + sha256("a cat").str()));
  }
  const auto store = open_journal();
  const auto report = import_into(store).value();
  ASSERT_TRUE(report);
  EXPECT_EQ(report->taken, 3U);
  EXPECT_EQ(report->held + report->damaged, 0U);
  const auto old = open_folder();
  for (const std::uint64_t number : {1U, 2U, 3U}) expect_equal(*old, *store, run_id(number));
  EXPECT_EQ(await(store->blob(sha256("a cat"))).value().view(), "a cat");
  const auto runs = await(store->list({.session_id = session_id(2)})).value();
  ASSERT_EQ(runs.size(), 1U);
  EXPECT_EQ(runs[0].status, RunStatus::active);
  // The run that had not ended goes on.
  EXPECT_TRUE(await(store->open(run_id(3))));
}

TEST_F(JsonlImport, ItIsDoneOnce) {
  write(1);
  const auto store = open_journal();
  EXPECT_EQ(import_into(store).value()->taken, 1U);
  ASSERT_TRUE(await(store->remove(run_id(1))));
  write(2);
  EXPECT_FALSE(import_into(store).value());
  EXPECT_TRUE(ids(*store).empty());
}

TEST_F(JsonlImport, ARunUnderWayFollowsLater) {
  write(1);
  const auto old = open_folder();
  RunLines lines(run_id(2), session_id(1));
  auto writer = write_run(*old, lines);
  const auto store = open_journal();
  auto report = import_into(store).value();
  EXPECT_EQ(report->taken, 1U);
  EXPECT_EQ(report->held, 1U);
  ASSERT_TRUE(await(store->remove(run_id(1))));
  append(*writer, lines.completed());
  writer.reset();
  report = import_into(store).value();
  ASSERT_TRUE(report);
  EXPECT_EQ(report->taken, 1U);
  EXPECT_THAT(ids(*store), ElementsAre(run_id(2))) << "the one that was removed does not come back";
  EXPECT_FALSE(import_into(store).value());
}

TEST_F(JsonlImport, ADamagedRunStaysBehindAlone) {
  write(1);
  write(2);
  const std::string journal = folder() + "/runs/" + run_id(1).str() + "/journal.jsonl";
  std::string text = read_file(journal);
  text[text.find("Paris")] = 'Q';
  write_file(journal, text);
  const auto store = open_journal();
  const auto report = import_into(store).value();
  EXPECT_EQ(report->taken, 1U);
  EXPECT_EQ(report->damaged, 1U);
  EXPECT_THAT(ids(*store), ElementsAre(run_id(2)));
  EXPECT_EQ(read_file(journal), text);
}

TEST_F(JsonlImport, TheMarkOfAnImportComesOver) {
  write(1);
  {
    const auto folder = open_folder();
    const auto staged = await(folder->stage(run_id(2), session_id(1), {.is_imported = true}));
    ASSERT_TRUE(staged) << staged.error().message;
    RunLines lines(run_id(2), session_id(1));
    ASSERT_TRUE(await((*staged)->append(lines.start())));
    ASSERT_TRUE(await((*staged)->publish()));
  }
  const auto store = open_journal();
  ASSERT_TRUE(import_into(store));
  const auto runs = await(store->list({})).value();
  ASSERT_EQ(runs.size(), 2U);
  EXPECT_TRUE(runs[0].imported);
  EXPECT_FALSE(runs[1].imported);
}

int left = 0;
int end_at(unsigned, void*, void*, void*) {
  if (--left == 0) ::_exit(9);
  return 0;
}
int watch(sqlite3* database, char**, const sqlite3_api_routines*) {
  sqlite3_trace_v2(database, SQLITE_TRACE_STMT, end_at, nullptr);
  return SQLITE_OK;
}

TEST_F(JsonlImport, WhereverItIsCutShortItGoesOnFromThere) {
  for (const std::uint64_t number : {1U, 2U, 3U}) write(number);
  const auto old = open_folder();
  int kills = 0;
  for (int nth = 1;; nth += 7) {
    SCOPED_TRACE("before statement " + std::to_string(nth));
    for (const std::string& end : {"", "-wal", "-shm", "-lock"}) ::unlink((path() + end).c_str());
    const pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      left = nth;
      sqlite3_auto_extension(reinterpret_cast<void (*)()>(&watch));
      ::_exit(import_into(open_journal()) ? 0 : 1);
    }
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    ASSERT_THAT(WEXITSTATUS(status), ::testing::AnyOf(0, 9));
    const auto store = open_journal();
    for (const RunId& run : ids(*store)) expect_equal(*old, *store, run);
    ASSERT_TRUE(import_into(store));
    EXPECT_THAT(ids(*store), ElementsAre(run_id(3), run_id(2), run_id(1)));
    EXPECT_FALSE(import_into(store).value()) << "it is complete";
    if (WEXITSTATUS(status) == 0) break;
    ++kills;
  }
  EXPECT_GT(kills, 10);
}

}  // namespace
}  // namespace orchestrator::harness::journal::testing
