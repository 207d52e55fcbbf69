// SPDX-License-Identifier: Apache-2.0
// Goal: P15 on a real disk. A full one ends a run with `storage_full`, loses nothing that was acknowledged, lets what
// is there be read and verified meanwhile, and the run goes on once there is room. Method: a small tmpfs in a mount
// namespace of its own, filled by the run and by a file beside it.
#include <gtest/gtest.h>

#include <sched.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstddef>
#include <filesystem>
#include <fstream>
#include <functional>
#include <string>

#include "journal/run_verification.hpp"
#include "journal/testing/sqlite_kind.hpp"

namespace orchestrator::harness::journal::testing {
namespace {

namespace fs = std::filesystem;

constexpr int kMayNotMount = 77;
constexpr std::size_t kDeltasMax = 1'000;

// What is wrong in the child, as its exit status.
enum class Wrong : int { nothing = 0, opening, never_full, other_error, no_place_named, lost, unsound, not_again };

class FullDisk : public StoreTest {
 public:
  explicit FullDisk(std::string folder) : path_(folder + "/journal.db"), filler_(folder + "/filler") {}

  Wrong play() {
    std::ofstream(filler_) << std::string(300'000, 'y');
    if (const Wrong wrong = fill(); wrong != Wrong::nothing) return wrong;
    if (const Wrong wrong = look(); wrong != Wrong::nothing) return wrong;
    fs::remove(filler_);
    return go_on();
  }

 private:
  Wrong fill() {
    const auto store = SqliteStore::open({path_});
    if (!store) return Wrong::opening;
    const auto writer = await((*store)->create(lines_.run(), lines_.session()));
    if (!writer || !await((*writer)->append(lines_.start()))) return Wrong::opening;
    acknowledged_ = 1;
    for (; acknowledged_ < kDeltasMax; ++acknowledged_) {
      Result<void> done = await((*writer)->append(lines_.delta(std::string(3'000, 'x'))));
      if (done) done = await((*writer)->sync());
      if (done) continue;
      if (done.error().code != "storage_full") return Wrong::other_error;
      return done.error().message.find(path_) == std::string::npos ? Wrong::no_place_named : Wrong::nothing;
    }
    return Wrong::never_full;
  }

  // While the disk is full.
  Wrong look() {
    const auto opened = SqliteStore::open({path_});
    if (!opened) return Wrong::opening;
    const std::shared_ptr<JournalStore> store = *opened;
    const auto found = await(store->read(lines_.run(), 0, 64U << 20));
    if (!found || found->size() < acknowledged_) return Wrong::lost;
    found_ = found->size();
    const auto flaws = await(verify_records(store));
    return flaws && flaws->empty() && decode_run(*found).size() == found_ ? Wrong::nothing : Wrong::unsound;
  }

  Wrong go_on() {
    const auto store = SqliteStore::open({path_});
    if (!store) return Wrong::opening;
    const auto opened = await((*store)->open(lines_.run()));
    if (!opened) return Wrong::not_again;
    RunLines again(lines_.run(), lines_.session());
    again.start();
    for (std::size_t i = 1; i < found_; ++i) again.delta(std::string(3'000, 'x'));
    if (!await(opened->writer->append(again.completed())) || !await(opened->writer->sync())) return Wrong::not_again;
    const auto all = await((*store)->read(lines_.run(), 0, 64U << 20));
    return all && decode_run(*all).size() == found_ + 1 ? Wrong::nothing : Wrong::lost;
  }

  std::string path_;
  std::string filler_;
  RunLines lines_{run_id(1), session_id(1)};
  std::size_t acknowledged_ = 0;
  std::size_t found_ = 0;
};

TEST(SqliteFullDisk, LosesNothingAndGoesOnOnceThereIsRoom) {
  const TemporaryFolder folder{FolderPlace::memory};
  const pid_t child = ::fork();
  if (child == 0) {
    const bool is_mounted = ::unshare(CLONE_NEWNS) == 0 &&
                            ::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0 &&
                            ::mount("tmpfs", folder.path().c_str(), "tmpfs", 0, "size=1m") == 0;
    ::_exit(is_mounted ? static_cast<int>(FullDisk(folder.path()).play()) : kMayNotMount);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  ASSERT_TRUE(WIFEXITED(status)) << status;
  if (WEXITSTATUS(status) == kMayNotMount) GTEST_SKIP() << "this process may not mount";
  EXPECT_EQ(WEXITSTATUS(status), 0) << "see `Wrong`";
}

}  // namespace
}  // namespace orchestrator::harness::journal::testing
