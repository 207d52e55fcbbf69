// SPDX-License-Identifier: Apache-2.0
// Goal: a server is seen only while it lives, whatever its record says, and the state directory is private.
// Method: a child process that holds the server's lock as the launcher does.
#include "providers/local/local_state.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>

#include "providers/local/testing/local_server_fixture.hpp"

namespace orchestrator::harness::providers {
namespace {

using testing::TemporaryFolder;
using testing::write_text;

std::string record_of(pid_t pid) {
  return R"({"v": 1, "pid": )" + std::to_string(pid) +
         R"(, "port": 4711, "api_key": "k", "model": "m", "started_at": "2026-11-22T17:26:58Z"})";
}

/// A child that holds the record lock of `file` until this object is destroyed.
class LockHolder final {
 public:
  explicit LockHolder(const std::filesystem::path& file) {
    std::array<int, 2> ends{};
    EXPECT_EQ(::pipe(ends.data()), 0);
    child_ = ::fork();
    if (child_ == 0) {
      const int lock = ::open(file.c_str(), O_RDWR | O_CREAT, 0600);
      struct flock wanted{};
      wanted.l_type = F_WRLCK;
      wanted.l_whence = SEEK_SET;
      const char held = ::fcntl(lock, F_SETLK, &wanted) == 0 ? 'y' : 'n';
      if (::write(ends[1], &held, 1) != 1) {
        ::_exit(1);
      }
      for (;;) {
        ::pause();
      }
    }
    char held = 'n';
    EXPECT_EQ(::read(ends[0], &held, 1), 1);
    EXPECT_EQ(held, 'y');
    ::close(ends[0]);
    ::close(ends[1]);
  }
  LockHolder(const LockHolder&) = delete;
  LockHolder& operator=(const LockHolder&) = delete;
  ~LockHolder() {
    ::kill(child_, SIGKILL);
    ::waitpid(child_, nullptr, 0);
  }
  [[nodiscard]] pid_t pid() const { return child_; }

 private:
  pid_t child_ = -1;
};

class LocalStateTest : public ::testing::Test {
 protected:
  LocalStateTest() : state_(*LocalState::open(folder_.path() / "a/b/state")) {}
  [[nodiscard]] std::filesystem::path file(const char* name) const { return state_.folder() / name; }
  TemporaryFolder folder_;
  LocalState state_;
};

TEST_F(LocalStateTest, IsMadePrivate) {
  struct stat found{};
  ASSERT_EQ(::stat(state_.folder().c_str(), &found), 0);
  EXPECT_EQ(found.st_mode & 07777U, 0700U);
  EXPECT_TRUE(LocalState::open(state_.folder()));
}

TEST_F(LocalStateTest, RefusesADirectoryThatIsOpenToOthersOrCannotBe) {
  ::chmod(state_.folder().c_str(), 0750);
  const auto shared = LocalState::open(state_.folder());
  ASSERT_FALSE(shared);
  EXPECT_EQ(shared.error().code, "local_model_unavailable");
  EXPECT_EQ(shared.error().at, state_.folder().string());

  write_text(folder_.path() / "file", "");
  EXPECT_FALSE(LocalState::open(folder_.path() / "file"));
  EXPECT_FALSE(LocalState::open(folder_.path() / "file/below"));
  EXPECT_FALSE(LocalState::open(""));
}

TEST_F(LocalStateTest, ShowsTheRecordOfTheLivingServer) {
  const LockHolder server(file("server.lock"));
  const LocalSighting loading = state_.look();
  EXPECT_TRUE(loading.alive);
  EXPECT_EQ(loading.pid, server.pid());
  EXPECT_FALSE(loading.record);

  write_text(file("server.json"), record_of(server.pid()));
  const LocalSighting ready = state_.look();
  ASSERT_TRUE(ready.record);
  EXPECT_EQ(ready.record->port, 4711);
  EXPECT_EQ(ready.record->api_key, "k");
}

TEST_F(LocalStateTest, HidesARecordThatAnEarlierServerHasLeft) {
  write_text(file("server.json"), record_of(::getpid()));
  EXPECT_FALSE(state_.look().alive);
  EXPECT_FALSE(state_.look().record);
  const LockHolder server(file("server.lock"));
  EXPECT_TRUE(state_.look().alive);
  EXPECT_FALSE(state_.look().record);
}

TEST_F(LocalStateTest, LooksInCompanyAndStartsAlone) {
  {
    auto first = state_.try_lock(LocalState::Share::looking);
    auto second = state_.try_lock(LocalState::Share::looking);
    ASSERT_TRUE(first && *first && second && *second);
    EXPECT_FALSE(*state_.try_lock(LocalState::Share::starting));
  }
  auto alone = state_.try_lock(LocalState::Share::starting);
  ASSERT_TRUE(alone && *alone);
  EXPECT_FALSE(*state_.try_lock(LocalState::Share::looking));
  LocalLock moved = std::move(**alone);
  EXPECT_FALSE(*state_.try_lock(LocalState::Share::looking));
}

TEST_F(LocalStateTest, TouchCountsAsUseAndForgetRemovesTheRecord) {
  write_text(file("server.json"), "{}");
  const auto long_ago = std::filesystem::file_time_type();
  std::filesystem::last_write_time(file("server.json"), long_ago);
  state_.touch();
  EXPECT_NE(std::filesystem::last_write_time(file("server.json")), long_ago);
  state_.forget();
  EXPECT_FALSE(std::filesystem::exists(file("server.json")));
}

TEST_F(LocalStateTest, SaysWhyThereCanBeNoLock) {
  std::filesystem::create_directory(file("start.lock"));
  const auto lock = state_.try_lock(LocalState::Share::looking);
  ASSERT_FALSE(lock);
  EXPECT_EQ(lock.error().at, file("start.lock").string());
}

TEST_F(LocalStateTest, GivesTheLastLogLineInBounds) {
  EXPECT_EQ(state_.last_log_line(), "");
  write_text(state_.log_file(), "first\nsecond line \r\n\n");
  EXPECT_EQ(state_.last_log_line(), "second line");
  write_text(state_.log_file(), std::string(100'000, 'x'));
  EXPECT_EQ(state_.last_log_line(), std::string(200, 'x'));
}

TEST(ParseLocalRecord, RefusesWhatIsNotWhole) {
  EXPECT_TRUE(parse_local_record(record_of(2)));
  for (const char* text :
       {"", "[]", "{}", "{\"v\":1}", R"({"v":2,"pid":2,"port":1,"api_key":"k","model":"m"})",
        R"({"v":1,"pid":1,"port":1,"api_key":"k","model":"m"})",
        R"({"v":1,"pid":-5,"port":1,"api_key":"k","model":"m"})",
        R"({"v":1,"pid":4294967298,"port":1,"api_key":"k","model":"m"})",
        R"({"v":1,"pid":2,"port":65536,"api_key":"k","model":"m"})",
        R"({"v":1,"pid":2,"port":0,"api_key":"k","model":"m"})", R"({"v":1,"pid":2,"port":1,"api_key":"","model":"m"})",
        R"({"v":1,"pid":2,"port":1,"api_key":"k","model":7})", R"({"v":1,"pid":2,"port":1,"api_key":"k")"}) {
    EXPECT_FALSE(parse_local_record(text)) << text;
  }
}

}  // namespace
}  // namespace orchestrator::harness::providers
