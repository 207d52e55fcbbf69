// SPDX-License-Identifier: Apache-2.0
// Goal: a store's file is private, and every file that is something else, damaged, full, held or not to be written
// gives an error that names it. Method: stores in files that were prepared so, and users without rights.

#include <fcntl.h>
#include <gmock/gmock.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <functional>
#include <thread>

#include "memory/memory_database.hpp"
#include "memory/memory_schema.hpp"
#include "memory/testing/memory_conformance.hpp"
#include "runtime/testing/temporary_folder.hpp"

namespace orchestrator::harness::memory::testing {
namespace {

using runtime::testing::FolderPlace;
using runtime::testing::read_file;
using runtime::testing::TemporaryFolder;
using runtime::testing::write_file;

using ::testing::HasSubstr;
using ::testing::SizeIs;

class MemoryFile : public ::testing::Test {
 protected:
  std::unique_ptr<MemoryDatabase> open() { return MemoryDatabase::open(file_, MemoryBounds(), kShort).value(); }
  Error open_error(const std::string& path) {
    const auto database = MemoryDatabase::open(path, MemoryBounds(), kShort);
    EXPECT_FALSE(database) << path;
    if (database) return {};
    EXPECT_THAT(database.error().message, HasSubstr(path));
    return database.error();
  }
  // A connection of somebody else.
  std::unique_ptr<storage::SqliteConnection> other() {
    return storage::SqliteConnection::open({.path = file_, .patience = kShort}).value();
  }
  void store_some(int count = 20) {
    const auto database = open();
    for (int i = 0; i < count; ++i) {
      Memory memory = fact(static_cast<std::uint64_t>(i), "a memory about number " + std::to_string(i * i));
      memory.embedding = embedding({1, static_cast<float>(i)});
      ASSERT_TRUE(database->put(memory));
    }
  }
  static mode_t mode_of(const std::string& path) {
    struct stat status{};
    EXPECT_EQ(::stat(path.c_str(), &status), 0) << path;
    return status.st_mode & 07777;
  }

  static constexpr std::chrono::milliseconds kShort{50};
  TemporaryFolder folder_{FolderPlace::memory};
  std::string file_ = folder_.path("memory.db");
};

// Runs `body` in a child without rights; true where it returned true.
bool holds_as_nobody(const std::function<bool()>& body) {
  const pid_t child = ::fork();
  if (child == 0) {
    if (::setgid(65534) != 0 || ::setuid(65534) != 0) ::_exit(3);
    ::_exit(body() ? 0 : 1);
  }
  int status = 0;
  return ::waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

TEST_F(MemoryFile, IsForItsOwnerOnlyAndSoIsItsFolder) {
  const mode_t before = ::umask(0);
  file_ = folder_.path("made/by/us.db");
  const auto database = open();
  ASSERT_TRUE(database->put(fact(1, "x")));
  ::umask(before);
  EXPECT_EQ(mode_of(folder_.path("made")), 0700U);
  EXPECT_EQ(mode_of(folder_.path("made/by")), 0700U);
  for (const char* end : {"", "-wal", "-shm"}) EXPECT_EQ(mode_of(file_ + end), 0600U) << end;
}

TEST_F(MemoryFile, KeepsTheModeThatItHas) {
  write_file(file_, "");
  ::chmod(file_.c_str(), 0640);
  open();
  EXPECT_EQ(mode_of(file_), 0640U);
}

TEST_F(MemoryFile, HasAnAbsoluteAddressWhateverItIsCalled) {
  const std::string here = std::filesystem::current_path();
  std::filesystem::current_path(folder_.path());
  for (const char* name : {"plain.db", ":memory:", "file:x?mode=memory", "./a/../b.db", "-wal"}) {
    const auto store = open_memory_store("sqlite:" + std::string(name));
    ASSERT_TRUE(store) << name << ": " << store.error().message;
    EXPECT_THAT((*store)->url(), ::testing::StartsWith("sqlite:" + folder_.path() + "/")) << name;
    EXPECT_TRUE(std::filesystem::is_regular_file(name)) << name;
  }
  std::filesystem::current_path(here);
}

TEST_F(MemoryFile, OfSomethingElseIsRefusedAndStaysAsItIs) {
  const std::string text = "This is a letter, and no database.\n" + std::string(5'000, 'x');
  write_file(file_, text);
  const Error error = open_error(file_);
  EXPECT_EQ(error.code, "storage_failed");
  EXPECT_THAT(error.message, HasSubstr("is something else"));
  EXPECT_EQ(read_file(file_), text);
}

TEST_F(MemoryFile, ADatabaseOfSomethingElseIsRefusedAndStaysAsItIs) {
  write_file(file_, "");
  ASSERT_TRUE(other()->execute("CREATE TABLE letters(text)"));
  const std::string bytes = read_file(file_);
  EXPECT_EQ(open_error(file_).code, "storage_failed");
  EXPECT_THAT(open_error(file_).message, HasSubstr("of something else"));
  EXPECT_EQ(read_file(file_), bytes);
}

TEST_F(MemoryFile, ANewerVersionIsRefused) {
  store_some(1);
  ASSERT_TRUE(other()->execute("PRAGMA user_version = 2"));
  const Error error = open_error(file_);
  EXPECT_EQ(error.code, "version_too_new");
  EXPECT_THAT(error.message, HasSubstr("version 2; this build reads up to 1"));
}

TEST_F(MemoryFile, WhatIsNoFileIsRefused) {
  EXPECT_EQ(open_error(folder_.path()).code, "storage_failed");
  EXPECT_THAT(open_error(folder_.path()).message, HasSubstr("it is a folder"));
  EXPECT_EQ(open_error(folder_.path() + "/").code, "storage_failed");
  EXPECT_EQ(open_error("/dev/null").code, "storage_failed");
  write_file(folder_.path("file"), "");
  EXPECT_EQ(open_error(folder_.path("file/memory.db")).code, "storage_failed");
  ASSERT_EQ(::symlink("nowhere", folder_.path("link").c_str()), 0);
  EXPECT_EQ(open_error(folder_.path("link")).code, "storage_failed");
  const auto with_nul = open_memory_store(std::string("sqlite:/tmp/a\0b", 15));
  EXPECT_EQ(code_of(with_nul), "configuration_invalid");
}

TEST_F(MemoryFile, CutAnywhereGivesNoCrash) {
  store_some(200);
  const std::string bytes = read_file(file_);
  ASSERT_GT(bytes.size(), 40'000U);
  for (std::size_t size = 1; size < bytes.size(); size += 997) {
    write_file(file_, bytes.substr(0, size));
    const auto database = MemoryDatabase::open(file_, MemoryBounds(), kShort);
    if (!database) {
      EXPECT_THAT(database.error().message, HasSubstr(file_));
      continue;
    }
    for (const auto& code :
         {code_of((*database)->list({}, std::nullopt, 1'000)), code_of((*database)->search(question("number 4"))),
          code_of((*database)->put(fact(999, "x")))}) {
      EXPECT_TRUE(code == "ok" || code == "storage_failed") << size << ": " << code;
    }
  }
}

TEST_F(MemoryFile, ChangedAnywhereGivesNoCrash) {
  store_some(60);
  const std::string bytes = read_file(file_);
  int damaged = 0;
  for (std::size_t at = 0; at < bytes.size(); at += 311) {
    std::string changed = bytes;
    changed[at] = static_cast<char>(changed[at] ^ 0x55);
    write_file(file_, changed);
    std::filesystem::remove(file_ + "-wal");
    std::filesystem::remove(file_ + "-shm");
    const auto database = MemoryDatabase::open(file_, MemoryBounds(), kShort);
    if (!database) {
      ++damaged;
      continue;
    }
    MemoryQuery query = question("number 4");
    query.embedding = embedding({1, 1});
    for (const auto& code :
         {code_of((*database)->list({}, std::nullopt, 1'000)), code_of((*database)->search(query)),
          code_of((*database)->put(fact(999, "x"))), code_of((*database)->forget({.id = memory_id(3)}))}) {
      damaged += code == "ok" ? 0 : 1;
    }
  }
  EXPECT_GT(damaged, 0);
}

TEST_F(MemoryFile, ThatIsFullSaysSoAndGoesOnWhenItIsNot) {
  const auto database = open();
  ASSERT_TRUE(database->put(fact(1, "small")));
  const std::int64_t pages = database->connection().integer_of("PRAGMA page_count").value();
  ASSERT_TRUE(database->connection().execute("PRAGMA max_page_count = " + std::to_string(pages + 1)));
  const auto refused = database->put(fact(2, std::string(16'000, 'x')));
  ASSERT_EQ(code_of(refused), "storage_full");
  EXPECT_THAT(refused.error().message, HasSubstr(file_ + " is full"));
  EXPECT_THAT(database->list({}, std::nullopt, 10).value(), SizeIs(1));
  ASSERT_TRUE(database->connection().execute("PRAGMA max_page_count = 1000000"));
  EXPECT_EQ(code_of(database->put(fact(2, std::string(16'000, 'x')))), "ok");
}

TEST_F(MemoryFile, ThatIsHeldIsWaitedForAndNotForEver) {
  const auto database = open();
  ASSERT_TRUE(database->put(fact(1, "x")));
  const auto holder = other();
  ASSERT_TRUE(holder->execute("BEGIN IMMEDIATE"));
  const auto refused = database->put(fact(2, "x"));
  ASSERT_EQ(code_of(refused), "storage_failed");
  EXPECT_THAT(refused.error().message, HasSubstr("another process"));
  EXPECT_EQ(code_of(database->forget({.user = "ann"})), "storage_failed");
  EXPECT_THAT(database->search(question("x")).value(), SizeIs(1)) << "reading goes on";
  ASSERT_TRUE(holder->execute("COMMIT"));
  EXPECT_EQ(code_of(database->put(fact(2, "x"))), "ok");
}

// The children begin together, when the pipe that they wait at is closed.
TEST_F(MemoryFile, MadeByManyAtOnceIsMadeOnce) {
  for (int round = 0; round < 20; ++round) {
    file_ = folder_.path("memory" + std::to_string(round) + ".db");
    int start[2];
    ASSERT_EQ(::pipe(start), 0);
    std::vector<pid_t> children;
    for (std::uint64_t i = 0; i < 4; ++i) {
      children.push_back(::fork());
      if (children.back() != 0) continue;
      char nothing = 0;
      ::close(start[1]);
      const bool is_started = ::read(start[0], &nothing, 1) == 0;
      const auto database = MemoryDatabase::open(file_, MemoryBounds());
      EXPECT_TRUE(database) << database.error().message;
      ::_exit(is_started && database && (*database)->put(fact(i, "x")) ? 0 : 1);
    }
    ::close(start[0]);
    ::close(start[1]);
    for (const pid_t child : children) {
      int status = 0;
      ASSERT_EQ(::waitpid(child, &status, 0), child);
      EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    }
    EXPECT_THAT(open()->list({}, std::nullopt, 10).value(), SizeIs(4));
  }
}

// Nor does SQLite wait where the way of logging is changed under another's eyes.
TEST_F(MemoryFile, IsMadeWhileAnotherHoldsItForMoments) {
  for (int round = 0; round < 20; ++round) {
    file_ = folder_.path("memory" + std::to_string(round) + ".db");
    write_file(file_, "");
    std::atomic<bool> is_done = false;
    std::thread holder([&, connection = other()] {
      while (!is_done) static_cast<void>(connection->execute("BEGIN IMMEDIATE; COMMIT"));
    });
    const auto database = MemoryDatabase::open(file_, MemoryBounds());
    is_done = true;
    holder.join();
    EXPECT_TRUE(database) << database.error().message;
  }
}

TEST_F(MemoryFile, ThatWasRemovedIsNotWrittenInSilence) {
  const auto database = open();
  ASSERT_TRUE(database->put(fact(1, "x")));
  ASSERT_TRUE(std::filesystem::remove(file_));
  const auto refused = database->put(fact(2, "x"));
  ASSERT_EQ(code_of(refused), "storage_failed");
  EXPECT_THAT(refused.error().message, HasSubstr("moved or removed"));
}

TEST_F(MemoryFile, WithoutTheRightToWriteIsRefused) {
  if (::geteuid() != 0) GTEST_SKIP() << "needs root, to become somebody without rights";
  store_some(1);
  ::chmod(folder_.path().c_str(), 0755);
  ::chmod(file_.c_str(), 0444);
  EXPECT_TRUE(holds_as_nobody([&] { return open_error(file_).code == "storage_readonly"; }));
  ::chmod(file_.c_str(), 0666);
  EXPECT_TRUE(holds_as_nobody([&] { return open_error(file_).code == "storage_readonly"; })) << "its folder counts too";
  EXPECT_TRUE(holds_as_nobody([&] { return open_error(folder_.path("new.db")).code == "storage_readonly"; }));
  EXPECT_TRUE(holds_as_nobody([&] {
    const auto database = MemoryDatabase::open(folder_.path("a/b.db"), MemoryBounds());
    return !database && database.error().code == "storage_readonly" &&
           database.error().message.find(folder_.path("a")) != std::string::npos;
  }));
}

TEST_F(MemoryFile, KeepsATallyThatIsRight) {
  const auto database = open();
  for (std::uint64_t i = 0; i < 6; ++i) {
    Memory memory = i < 4 ? note(i, "x") : fact(i, "x");
    if (i % 2 == 0) memory.embedding = embedding({1});
    ASSERT_TRUE(database->put(memory));
    ASSERT_TRUE(database->put(memory));
  }
  ASSERT_EQ(database->forget({.before = WallTime{3'000'000}}), Result<std::uint64_t>(3U));
  const auto number = [&](const char* sql) { return database->connection().integer_of(sql).value(); };
  EXPECT_EQ(number("SELECT items FROM tally"), 3);
  EXPECT_EQ(number("SELECT count(*) FROM memory"), 3);
  EXPECT_EQ(number("SELECT embeddings FROM tally"), 1);
  EXPECT_EQ(number("SELECT count(*) FROM embedding"), 1);
  EXPECT_EQ(code_of(database->connection().execute(
                "INSERT INTO memory_words(memory_words, rank) VALUES ('integrity-check', 1)")),
            "ok");
}

}  // namespace
}  // namespace orchestrator::harness::memory::testing
