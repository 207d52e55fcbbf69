// SPDX-License-Identifier: Apache-2.0
// Goal: connections, statements and transactions report every failure and undo what was not committed. Method: small
// statements against databases in memory and in a file.

#include "storage/sqlite_connection.hpp"

#include <gmock/gmock.h>

#include "runtime/testing/temporary_folder.hpp"
#include "storage/sqlite_transaction.hpp"

namespace orchestrator::harness::storage::testing {
namespace {

using runtime::testing::FolderPlace;
using runtime::testing::TemporaryFolder;
using runtime::testing::write_file;

using ::testing::HasSubstr;

template <class T>
std::string code_of(const Result<T>& result) {
  return result ? "ok" : result.error().code;
}

class Sqlite : public ::testing::Test {
 protected:
  void SetUp() override { ASSERT_TRUE(connection_->execute("CREATE TABLE t(a INTEGER, b TEXT, c BLOB) STRICT")); }
  std::int64_t rows() { return connection_->integer_of("SELECT count(*) FROM t").value(); }

  std::unique_ptr<SqliteConnection> connection_ = SqliteConnection::open({.path = kInMemory}).value();
};

TEST_F(Sqlite, ValuesComeBackAsTheyWereBound) {
  auto insert = connection_->prepare("INSERT INTO t VALUES (?, ?, ?)").value();
  insert.bind(-1).bind(std::string_view("a\0b", 3)).bind_bytes(std::string_view("\0\xFF", 2));
  ASSERT_TRUE(insert.run());
  insert.bind(2).bind(std::string_view()).bind_null();
  ASSERT_TRUE(insert.run()) << "it may run again";
  EXPECT_EQ(connection_->last_row(), 2);
  auto select = connection_->prepare("SELECT a, b, c FROM t ORDER BY a").value();
  ASSERT_EQ(select.step(), Result<bool>(true));
  EXPECT_EQ(select.integer(0), -1);
  EXPECT_EQ(select.bytes(1), std::string_view("a\0b", 3));
  EXPECT_EQ(select.bytes(2), std::string_view("\0\xFF", 2));
  ASSERT_EQ(select.step(), Result<bool>(true));
  EXPECT_EQ(select.text(1), "");
  EXPECT_FALSE(select.is_null(1)) << "an empty text is a text";
  EXPECT_TRUE(select.is_null(2));
  EXPECT_EQ(select.step(), Result<bool>(false));
}

TEST_F(Sqlite, FailuresAreErrors) {
  EXPECT_EQ(code_of(connection_->execute("SELEC")), "storage_failed");
  const auto prepared = connection_->prepare("SELECT x FROM t");
  ASSERT_FALSE(prepared);
  EXPECT_THAT(prepared.error().message, HasSubstr("no such column: x"));
  EXPECT_EQ(prepared.error().at, kInMemory);
  auto insert = connection_->prepare("INSERT INTO t VALUES (?, ?, ?)").value();
  insert.bind(1).bind(2).bind_null().bind(4);
  EXPECT_EQ(code_of(insert.run()), "storage_failed") << "one parameter too many";
  auto wrong_type = connection_->prepare("INSERT INTO t(a) VALUES (?)").value();
  wrong_type.bind("no number");
  EXPECT_EQ(code_of(wrong_type.run()), "storage_failed");
  EXPECT_EQ(rows(), 0);
}

TEST_F(Sqlite, WhatIsNotCommittedIsUndone) {
  {
    const auto transaction = SqliteTransaction::begin(connection_.get(), SqliteTransaction::Kind::write);
    ASSERT_TRUE(transaction);
    ASSERT_TRUE(connection_->execute("INSERT INTO t(a) VALUES (1)"));
    EXPECT_EQ(rows(), 1);
  }
  EXPECT_EQ(rows(), 0);
  EXPECT_FALSE(connection_->is_in_transaction());
  {
    auto transaction = SqliteTransaction::begin(connection_.get(), SqliteTransaction::Kind::write);
    ASSERT_TRUE(connection_->execute("INSERT INTO t(a) VALUES (1)"));
    ASSERT_TRUE(transaction->commit());
  }
  EXPECT_EQ(rows(), 1);
}

TEST_F(Sqlite, TheFileIsTrustedWithNothing) {
  const auto setting = [&](const std::string& name) { return connection_->integer_of("PRAGMA " + name).value(); };
  EXPECT_EQ(setting("trusted_schema"), 0);
  EXPECT_EQ(setting("secure_delete"), 1);
  EXPECT_EQ(setting("synchronous"), 2);
  EXPECT_EQ(code_of(connection_->execute("PRAGMA writable_schema = ON; UPDATE sqlite_schema SET sql = ''")),
            "storage_failed");
}

TEST(SqliteFile, IsNotMadeByOpeningIt) {
  const TemporaryFolder folder{FolderPlace::memory};
  EXPECT_EQ(code_of(SqliteConnection::open({.path = folder.path("absent")})), "storage_failed");
}

TEST(SqliteFile, IsLoggedAheadAndSynced) {
  const TemporaryFolder folder{FolderPlace::memory};
  write_file(folder.path("db"), "");
  const auto connection = SqliteConnection::open({.path = folder.path("db")}).value();
  ASSERT_TRUE(connection->use_write_ahead_log());
  auto mode = connection->prepare("PRAGMA journal_mode").value();
  ASSERT_EQ(mode.step(), Result<bool>(true));
  EXPECT_EQ(mode.bytes(0), "wal");
  EXPECT_EQ(connection->integer_of("PRAGMA synchronous").value(), 2);
}

}  // namespace
}  // namespace orchestrator::harness::storage::testing
