// SPDX-License-Identifier: Apache-2.0
// Goal: an SQLite journal takes no more room than what is in it, and reading a part of a run costs what the part costs.
// Method: sizes of files, and counts of rows and pages that SQLite itself keeps; no clock.

#include "journal/room.hpp"

#include <gmock/gmock.h>
#include <sqlite3.h>
#include <sys/stat.h>

#include <string>

#include "journal/run_reading.hpp"
#include "journal/testing/sqlite_kind.hpp"

namespace orchestrator::harness::journal::testing {
namespace {

class SqliteRoom : public SqliteTest {
 protected:
  [[nodiscard]] std::int64_t file_bytes() const {
    struct stat status{};
    return ::stat(path().c_str(), &status) == 0 ? status.st_size : -1;
  }

  // A run of its own with so many deltas of text that packs badly, ended.
  void write(std::uint64_t number, int deltas) {
    const auto store = open_store();
    RunLines lines(run_id(number), session_id(1));
    const auto writer = await(store->create(lines.run(), lines.session())).value();
    append(*writer, lines.start());
    for (int i = 0; i < deltas; ++i) append(*writer, lines.delta(sha256(std::to_string(i)).str()));
    append(*writer, lines.completed());
  }
};

TEST_F(SqliteRoom, BytesGrowWithEvents) {
  std::vector<std::int64_t> sizes;
  for (const int deltas : {400, 800, 4'000}) {
    for (const std::string& end : {"", "-wal", "-shm", "-lock"}) ::unlink((path() + end).c_str());
    write(1, 0);
    const std::int64_t empty = file_bytes();
    write(2, deltas);
    sizes.push_back(file_bytes() - empty);
  }
  EXPECT_LE(sizes[1] * 10, sizes[0] * 22) << "twice the events, at most 2.2 times the bytes";
  EXPECT_LE(sizes[2], sizes[0] * 11) << "ten times the events, about ten times the bytes";
}

TEST_F(SqliteRoom, ADeltaWritesThePageOfItsLineAndThatOfItsRun) {
  const auto store = open_store();
  RunLines lines(run_id(1), session_id(1));
  const auto writer = await(store->create(lines.run(), lines.session())).value();
  append(*writer, lines.start());
  const auto log_bytes = [&] {
    struct stat status{};
    return ::stat((path() + "-wal").c_str(), &status) == 0 ? status.st_size : -1;
  };
  constexpr int deltas = 200;
  constexpr std::int64_t frame_bytes = 4'096 + 24;
  const std::int64_t before = log_bytes();
  for (int i = 0; i < deltas; ++i) append(*writer, lines.delta());
  // What is more than two a line is of pages that were full; a third one a line would be of an index.
  const std::int64_t frames = (log_bytes() - before) / frame_bytes;
  EXPECT_GE(frames, 2 * deltas);
  EXPECT_LT(frames, 3 * deltas);
}

TEST_F(SqliteRoom, PackingAndRemovingGiveSpaceBack) {
  write(1, 10);
  const std::int64_t before = file_bytes();
  write(2, 8'000);
  const std::int64_t packed = file_bytes();
  const auto journal = static_cast<std::int64_t>(await(open_store()->list({})).value().at(0).bytes);
  EXPECT_LT(packed, journal * 2 / 3) << "unpacked lines are not kept beside the packed ones";
  ASSERT_TRUE(await(open_store()->remove(run_id(2))));
  EXPECT_LE(file_bytes(), before + 65 * 4'096) << "the rest stays free for what comes next";
  EXPECT_EQ(read_all(*open_store(), run_id(1)).size(), 12U);
}

TEST_F(SqliteRoom, AStepGivesBackABoundedPart) {
  write(1, 30'000);
  const auto connection = other();
  ASSERT_TRUE(connection->execute("DELETE FROM chunk"));
  const auto free_pages = [&] { return connection->integer_of("PRAGMA freelist_count").value(); };
  const std::int64_t before = free_pages();
  ASSERT_GT(before, 64 + 256);
  EXPECT_EQ(shrink_step(*connection), Result<bool>(true));
  EXPECT_EQ(free_pages(), before - 256);
  while (shrink_step(*connection).value()) {
  }
  EXPECT_EQ(free_pages(), 64);
}

struct Work {
  std::int64_t rows = 0;
  int pages = 0;
};

int count_row(unsigned, void* rows, void*, void*) {
  ++*static_cast<std::int64_t*>(rows);
  return 0;
}

TEST_F(SqliteRoom, ReadingAPartCostsThatPart) {
  constexpr int short_run = 300;
  constexpr int long_run = 9'000;
  write(1, short_run);
  write(2, long_run);
  const auto work_of = [&](std::uint64_t number, std::uint64_t after_seq) {
    const auto connection = other();
    Work work;
    EXPECT_TRUE(connection->integer_of("SELECT count(*) FROM sqlite_schema"));
    sqlite3_trace_v2(connection->handle(), SQLITE_TRACE_ROW, count_row, &work.rows);
    int peak = 0;
    sqlite3_db_status(connection->handle(), SQLITE_DBSTATUS_CACHE_MISS, &work.pages, &peak, 1);
    const auto page = read_run(*connection, run_id(number), after_seq, 4'096);
    EXPECT_TRUE(page) << page.error().message;
    EXPECT_EQ(page->front().first_seq, after_seq + 1);
    sqlite3_db_status(connection->handle(), SQLITE_DBSTATUS_CACHE_MISS, &work.pages, &peak, 0);
    return work;
  };
  const Work usual = work_of(1, 100);
  EXPECT_GT(usual.pages, 0);
  for (const std::uint64_t after_seq : {100U, 4'500U, 8'900U}) {
    const Work work = work_of(2, after_seq);
    EXPECT_LE(work.rows, usual.rows + 1) << "after event " << after_seq;
    EXPECT_LE(work.pages, usual.pages + 30) << "after event " << after_seq << ": a chunk and the way to it";
  }
  const Work head = work_of(2, long_run + 2);
  EXPECT_LE(head.rows, 2);
  EXPECT_LE(head.pages, 12);
}

}  // namespace
}  // namespace orchestrator::harness::journal::testing
