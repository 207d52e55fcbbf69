// SPDX-License-Identifier: Apache-2.0
// Goal: an older journal becomes one of this version or stays what it was, whenever that is cut short; a newer one is
// refused unchanged. Method: made-up versions, and processes that end themselves before the n-th statement.

#include "journal/journal_schema.hpp"

#include <gmock/gmock.h>
#include <sqlite3.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <string>

#include "runtime/testing/temporary_folder.hpp"

namespace orchestrator::harness::journal::testing {
namespace {

using runtime::testing::FolderPlace;
using runtime::testing::TemporaryFolder;
using runtime::testing::write_file;
using storage::SqliteConnection;
using ::testing::AllOf;
using ::testing::HasSubstr;

// Three versions of a small table: made, widened, filled.
constexpr std::array kVersions{
    Migration{1, "CREATE TABLE note(text TEXT); INSERT INTO note VALUES ('old');"},
    Migration{2, "ALTER TABLE note ADD COLUMN size INTEGER; UPDATE note SET size = length(text);"},
    Migration{3, "CREATE TABLE total(size INTEGER); INSERT INTO total SELECT sum(size) FROM note; DROP TABLE note;"}};

class JournalSchema : public ::testing::Test {
 protected:
  std::unique_ptr<SqliteConnection> connect() { return SqliteConnection::open({.path = file_}).value(); }

  // An empty file, brought to the first `versions` versions.
  void make(std::size_t versions) {
    for (const std::string& end : {"", "-wal", "-shm"}) ::unlink((file_ + end).c_str());
    write_file(file_, "");
    if (versions > 0) ASSERT_TRUE(prepare_journal(*connect(), std::span(kVersions).first(versions)));
  }

  TemporaryFolder folder_{FolderPlace::memory};
  std::string file_ = folder_.path("journal.db");
};

int end_at(unsigned, void* left, void*, void*) {
  if (--*static_cast<int*>(left) == 0) ::_exit(9);
  return 0;
}

// Brings the file to the last version in another process, which ends itself before its n-th statement. True where it
// came to the end.
bool migrate_but_die(SqliteConnection& connection, int nth) {
  sqlite3_trace_v2(connection.handle(), SQLITE_TRACE_STMT, end_at, &nth);
  return prepare_journal(connection, kVersions).has_value();
}

TEST_F(JournalSchema, AMigrationSurvivesAKillAtEachStatement) {
  int kills = 0;
  for (std::size_t from = 0; from < kVersions.size(); ++from) {
    for (int nth = 1;; ++nth) {
      SCOPED_TRACE("from version " + std::to_string(from) + ", statement " + std::to_string(nth));
      make(from);
      const pid_t child = ::fork();
      ASSERT_GE(child, 0);
      if (child == 0) ::_exit(migrate_but_die(*connect(), nth) ? 0 : 1);
      int status = 0;
      ASSERT_EQ(::waitpid(child, &status, 0), child);
      if (WEXITSTATUS(status) == 0) break;
      ASSERT_EQ(WEXITSTATUS(status), 9);
      ++kills;
      const auto connection = connect();
      const auto version = connection->integer_of("PRAGMA user_version").value();
      const auto notes = connection->integer_of("SELECT count(*) FROM sqlite_schema WHERE name = 'note'").value();
      const auto totals = connection->integer_of("SELECT count(*) FROM sqlite_schema WHERE name = 'total'").value();
      EXPECT_GE(version, static_cast<std::int64_t>(from));
      EXPECT_EQ(notes, version == 1 || version == 2 ? 1 : 0) << "one version, whole";
      EXPECT_EQ(totals, version == 3 ? 1 : 0);
      ASSERT_TRUE(prepare_journal(*connection, kVersions));
      EXPECT_EQ(connection->integer_of("SELECT size FROM total").value(), 3);
      EXPECT_EQ(content_of(*connection, kVersions), Result<JournalContent>(JournalContent::present));
    }
  }
  EXPECT_GT(kills, 30);
}

TEST_F(JournalSchema, ANewerOneIsRefusedUnchanged) {
  make(3);
  const auto connection = connect();
  const auto refused = prepare_journal(*connection, std::span(kVersions).first(2));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, "version_too_new");
  EXPECT_THAT(refused.error().message, AllOf(HasSubstr("version 3"), HasSubstr("up to 2"), HasSubstr(file_)));
  EXPECT_EQ(connection->integer_of("SELECT size FROM total").value(), 3);
}

TEST_F(JournalSchema, AnOlderOneIsKnownAsSuch) {
  make(0);
  EXPECT_EQ(content_of(*connect(), kVersions), Result<JournalContent>(JournalContent::nothing));
  make(2);
  EXPECT_EQ(content_of(*connect(), kVersions), Result<JournalContent>(JournalContent::older));
}

TEST_F(JournalSchema, TheReleasedStepsAreInOrder) {
  std::int64_t last = 0;
  for (const Migration& step : journal_migrations()) {
    EXPECT_EQ(step.version, last + 1);
    last = step.version;
  }
  make(0);
  ASSERT_TRUE(prepare_journal(*connect()));
  EXPECT_EQ(content_of(*connect()), Result<JournalContent>(JournalContent::present));
}

}  // namespace
}  // namespace orchestrator::harness::journal::testing
