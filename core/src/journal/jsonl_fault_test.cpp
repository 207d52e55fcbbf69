// SPDX-License-Identifier: Apache-2.0
// Goal: when the disk refuses, nothing that was acknowledged is lost, the writer says what failed and refuses the rest,
// and a failed sync is never tried again. Method: each n-th call of a disk that fails, a full file system, a file size
// limit, and a process that is killed.

#include <fcntl.h>
#include <gmock/gmock.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>
#include <boost/asio/co_spawn.hpp>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <functional>
#include <utility>

#include "journal/testing/jsonl_kind.hpp"
#include "runtime/testing/gate.hpp"

namespace orchestrator::harness::journal::testing {
namespace {

using ::testing::HasSubstr;

enum class Fault { none, write_error, short_write, sync_error, truncate_error };

// A disk whose n-th call of a kind fails, once or from then on.
class FaultyDisk final : public Disk {
 public:
  FaultyDisk(Fault fault, int error, int at, bool is_lasting)
      : fault_(fault), error_(error), at_(at), is_lasting_(is_lasting) {}

  ssize_t writev(int fd, const iovec* pieces, int count) override {
    if (fails(Fault::write_error)) return -1;
    if (!fails(Fault::short_write)) return real_->writev(fd, pieces, count);
    // A part arrives, then nothing more.
    fault_ = Fault::write_error;
    is_lasting_ = true;
    iovec part = pieces[0];
    part.iov_len /= 2;
    return real_->writev(fd, &part, 1);
  }
  int fdatasync(int fd) override {
    syncs.fetch_add(1);
    return fails(Fault::sync_error) ? -1 : real_->fdatasync(fd);
  }
  int fsync(int fd) override { return fails(Fault::sync_error) ? -1 : real_->fsync(fd); }
  int ftruncate(int fd, off_t size) override { return fails(Fault::truncate_error) ? -1 : real_->ftruncate(fd, size); }

  bool has_failed() const { return failures_ > 0; }
  std::atomic<int> syncs = 0;

 private:
  bool fails(Fault kind) {
    if (kind != fault_) return false;
    const int now = ++calls_;
    if (now != at_ && !(is_lasting_ && now > at_)) return false;
    ++failures_;
    errno = error_;
    return true;
  }

  std::shared_ptr<Disk> real_ = real_disk();
  std::atomic<Fault> fault_;
  const int error_;
  const int at_;
  std::atomic<bool> is_lasting_;
  std::atomic<int> calls_ = 0;
  std::atomic<int> failures_ = 0;
};

class JsonlFault : public JsonlTest {
 protected:
  // Writes a run over a disk until it ends or fails, syncing every strict line. Returns the lines that are
  // acknowledged, and those of them that a sync has covered.
  struct Acknowledged {
    std::size_t appended = 0;
    std::size_t synced = 0;
    Error error;
  };
  Acknowledged write_until_failure(std::shared_ptr<Disk> disk) {
    Acknowledged done;
    const auto store = open_store(std::move(disk));
    auto writer = await(store->create(run_id(1), session_id(1)));
    if (!writer) {
      done.error = writer.error();
      return done;
    }
    RunLines lines(run_id(1), session_id(1));
    const auto note = [&](const Result<void>& result) {
      if (!result) done.error = result.error();
      return result.has_value();
    };
    for (const auto& line : {lines.start(), lines.delta(), lines.delta(), lines.abort_request(), lines.aborted()}) {
      if (!note(await((*writer)->append(line)))) break;
      ++done.appended;
      if (!line->strict) continue;
      if (!note(await((*writer)->sync()))) break;
      done.synced = done.appended;
    }
    if (!done.error.code.empty()) check_refusal(**writer, lines, done.error);
    return done;
  }
  // After a failure the writer does nothing any more.
  void check_refusal(RunWriter& writer, RunLines& lines, const Error& error) {
    const std::string before = read_file(journal_path(run_id(1)));
    EXPECT_EQ(await(writer.append(lines.delta())).error(), error);
    EXPECT_EQ(await(writer.sync()).error(), error);
    EXPECT_EQ(await(writer.put_blob(SharedBytes("cat"))).error(), error);
    EXPECT_EQ(read_file(journal_path(run_id(1))), before);
  }
  // A new store on a disk that works finds all that was acknowledged, and goes on.
  void check_recovery(const Acknowledged& done) {
    const auto store = open_store();
    auto opened = await(store->open(run_id(1)));
    ASSERT_TRUE(opened) << opened.error().message;
    const auto lines = read_all(*store, run_id(1));
    EXPECT_GE(lines.size(), done.appended);
    EXPECT_EQ(decode_run(lines).size(), lines.size());
    opened->writer.reset();
    ASSERT_TRUE(await(store->remove(run_id(1))));
  }
};

TEST_F(JsonlFault, EveryCallThatFailsLosesNothing) {
  int injected = 0;
  for (const Fault fault : {Fault::write_error, Fault::short_write, Fault::sync_error}) {
    for (const int error : {EIO, ENOSPC, EROFS, EDQUOT}) {
      for (const bool is_lasting : {false, true}) {
        for (int at = 1;; ++at) {
          const auto disk = std::make_shared<FaultyDisk>(fault, error, at, is_lasting);
          const Acknowledged done = write_until_failure(disk);
          check_recovery(done);
          if (!disk->has_failed()) break;
          ++injected;
          const std::string code = error == EIO     ? "storage_failed"
                                   : error == EROFS ? "storage_readonly"
                                                    : "storage_full";
          EXPECT_EQ(done.error.code, code);
          EXPECT_THAT(done.error.message, HasSubstr(folder_.path()));
          EXPECT_THAT(done.error.message, HasSubstr(std::generic_category().message(error)));
        }
      }
    }
  }
  EXPECT_GT(injected, 100);
}

TEST_F(JsonlFault, APartOfALineIsTakenBack) {
  const Acknowledged done = write_until_failure(std::make_shared<FaultyDisk>(Fault::short_write, ENOSPC, 3, true));
  EXPECT_EQ(done.appended, 2U);
  EXPECT_TRUE(read_file(journal_path(run_id(1))).ends_with("\"}\n"));
  EXPECT_EQ(await(open_store()->open(run_id(1)))->cut_bytes, 0U);
}

// Fails its writes half-way and cannot cut either.
class StuckDisk final : public Disk {
 public:
  ssize_t writev(int fd, const iovec* pieces, int count) override {
    if (++writes_ < 3) return real_->writev(fd, pieces, count);
    if (writes_ > 3) {
      errno = EIO;
      return -1;
    }
    iovec part = pieces[0];
    part.iov_len /= 2;
    return real_->writev(fd, &part, 1);
  }
  int fdatasync(int fd) override { return real_->fdatasync(fd); }
  int fsync(int fd) override { return real_->fsync(fd); }
  int ftruncate(int, off_t) override {
    errno = EIO;
    return -1;
  }

 private:
  std::shared_ptr<Disk> real_ = real_disk();
  int writes_ = 0;
};

TEST_F(JsonlFault, APartOfALineThatCannotBeTakenBackIsCutLater) {
  const Acknowledged done = write_until_failure(std::make_shared<StuckDisk>());
  EXPECT_EQ(done.appended, 2U);
  EXPECT_FALSE(read_file(journal_path(run_id(1))).ends_with("\n"));
  const auto store = open_store();
  EXPECT_EQ(read_all(*store, run_id(1)).size(), 2U);
  const auto opened = await(store->open(run_id(1)));
  ASSERT_TRUE(opened);
  EXPECT_GT(opened->cut_bytes, 0U);
  EXPECT_EQ(opened->writer->epoch(), 2U);
}

TEST_F(JsonlFault, AFailedSyncIsNotTriedAgain) {
  const auto disk = std::make_shared<FaultyDisk>(Fault::sync_error, EIO, 1, false);
  const auto store = open_store(disk);
  RunLines lines(run_id(1), session_id(1));
  const auto writer = write_run(*store, lines);
  ASSERT_FALSE(await(writer->sync()));
  EXPECT_EQ(disk->syncs, 1);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(await(writer->sync()).error().code, "storage_failed");
  EXPECT_EQ(disk->syncs, 1);
}

TEST_F(JsonlFault, ASyncOfNothingNewAsksTheDiskForNothing) {
  const auto disk = std::make_shared<FaultyDisk>(Fault::none, 0, 0, false);
  const auto store = open_store(disk);
  RunLines lines(run_id(1), session_id(1));
  const auto writer = write_run(*store, lines);
  for (int i = 0; i < 5; ++i) EXPECT_TRUE(await(writer->sync()));
  EXPECT_EQ(disk->syncs, 1);
  append(*writer, lines.delta());
  EXPECT_TRUE(await(writer->sync()));
  EXPECT_EQ(disk->syncs, 2);
}

// A disk whose syncs wait until they are let through, and fail from the first one on where that is wanted.
class GatedDisk final : public Disk {
 public:
  explicit GatedDisk(bool fails) : fails_(fails) {}
  ssize_t writev(int fd, const iovec* pieces, int count) override {
    // A write may take any part of what it is given.
    iovec part = pieces[0];
    part.iov_len = std::min<std::size_t>(part.iov_len, 1 + 40 * static_cast<std::size_t>(count));
    return real_->writev(fd, &part, 1);
  }
  int fdatasync(int fd) override {
    syncs.fetch_add(1);
    entered.open();
    EXPECT_TRUE(let_through.wait());
    if (!fails_) return real_->fdatasync(fd);
    errno = EIO;
    return -1;
  }
  int fsync(int fd) override { return real_->fsync(fd); }
  int ftruncate(int fd, off_t size) override { return real_->ftruncate(fd, size); }

  std::atomic<int> syncs = 0;
  runtime::testing::Gate entered;
  runtime::testing::Gate let_through;

 private:
  std::shared_ptr<Disk> real_ = real_disk();
  const bool fails_;
};

boost::asio::awaitable<void> keep_result(RunWriter* writer, Result<void>* result) { *result = co_await writer->sync(); }

class JsonlGatedSync : public JsonlFault {
 protected:
  // Syncs, and while the disk is at it appends a line and syncs again; gives both results.
  std::pair<Result<void>, Result<void>> overlap(const std::shared_ptr<GatedDisk>& disk) {
    const auto store = open_store(disk);
    RunLines lines(run_id(1), session_id(1));
    const auto writer = write_run(*store, lines);
    boost::asio::io_context io;
    std::pair<Result<void>, Result<void>> results;
    const auto rethrow = [](std::exception_ptr failure) { EXPECT_EQ(failure, nullptr); };
    boost::asio::co_spawn(io, keep_result(writer.get(), &results.first), rethrow);
    io.poll();
    EXPECT_TRUE(disk->entered.wait());
    append(*writer, lines.delta());
    boost::asio::co_spawn(io, keep_result(writer.get(), &results.second), rethrow);
    io.poll();
    disk->let_through.open();
    io.run();
    return results;
  }
};

TEST_F(JsonlGatedSync, ALineAppendedDuringASyncNeedsAnother) {
  const auto disk = std::make_shared<GatedDisk>(false);
  const auto [first, second] = overlap(disk);
  EXPECT_TRUE(first);
  EXPECT_TRUE(second);
  EXPECT_EQ(disk->syncs, 2);
}

TEST_F(JsonlGatedSync, ASyncThatWaitsBehindOneThatFailsDoesNotAskTheDisk) {
  const auto disk = std::make_shared<GatedDisk>(true);
  const auto [first, second] = overlap(disk);
  ASSERT_FALSE(first);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error(), first.error());
  EXPECT_EQ(disk->syncs, 1);
}

TEST_F(JsonlGatedSync, ASyncKnowsWhatWasAppendedSinceItBegan) {
  const auto disk = std::make_shared<GatedDisk>(false);
  const auto store = open_store(disk);
  RunLines lines(run_id(1), session_id(1));
  const auto writer = write_run(*store, lines);
  boost::asio::io_context io;
  Result<void> first;
  boost::asio::co_spawn(io, keep_result(writer.get(), &first),
                        [](std::exception_ptr failure) { EXPECT_EQ(failure, nullptr); });
  io.poll();
  EXPECT_TRUE(disk->entered.wait());
  append(*writer, lines.delta());
  disk->let_through.open();
  io.run();
  EXPECT_TRUE(first);
  EXPECT_TRUE(await(writer->sync()));  // the line is not covered yet
  EXPECT_EQ(disk->syncs, 2);
}

TEST_F(JsonlGatedSync, ALineThatIsTakenInPiecesIsOneLine) {
  const auto disk = std::make_shared<GatedDisk>(false);
  disk->let_through.open();
  const auto store = open_store(disk);
  RunLines lines(run_id(1), session_id(1));
  const auto writer = write_run(*store, lines, 2);
  EXPECT_EQ(decode_run(read_all(*store, run_id(1))).size(), 3U);
}

// The body in a process of its own; true when it was.
bool holds_in_child(const std::function<bool()>& body) {
  const pid_t child = ::fork();
  if (child == 0) ::_exit(body() ? 0 : 1);
  int status = 0;
  return ::waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

TEST_F(JsonlFault, AFileSizeLimitIsAFullDisk) {
  EXPECT_TRUE(holds_in_child([&] {
    ::signal(SIGXFSZ, SIG_IGN);
    const rlimit limit{4'000, 4'000};
    if (::setrlimit(RLIMIT_FSIZE, &limit) != 0) return false;
    const auto store = open_store();
    RunLines lines(run_id(1), session_id(1));
    const auto writer = write_run(*store, lines);
    for (int i = 0; i < 20; ++i) {
      const auto done = await(writer->append(lines.delta()));
      if (!done) return done.error().code == "storage_full" && i > 0;
    }
    return false;
  }));
  const auto lines = read_all(*open_store(), run_id(1));
  EXPECT_GT(lines.size(), 1U);
  EXPECT_EQ(decode_run(lines).size(), lines.size());
  EXPECT_TRUE(read_file(journal_path(run_id(1))).ends_with("\n"));
}

TEST_F(JsonlFault, AFullFileSystemSaysSoAndServesWhatItHas) {
  if (::geteuid() != 0) GTEST_SKIP() << "needs root, to mount a small file system";
  const std::string mount_point = folder_.path();
  if (::mount("none", mount_point.c_str(), "tmpfs", 0, "size=64k") != 0) GTEST_SKIP() << "mounting is not allowed here";
  std::size_t appended = 0;
  {
    const auto store = open_store();
    RunLines lines(run_id(1), session_id(1));
    const auto writer = write_run(*store, lines);
    for (appended = 1;; ++appended) {
      const auto done = await(writer->append(lines.delta()));
      if (done) continue;
      EXPECT_EQ(done.error().code, "storage_full");
      EXPECT_THAT(done.error().message, HasSubstr(journal_path(run_id(1))));
      break;
    }
    EXPECT_EQ(await(writer->put_blob(SharedBytes(std::string(100'000, 'x')))).error().code, "storage_full");
    const auto second = await(store->create(run_id(2), session_id(1)));
    if (!second) EXPECT_EQ(second.error().code, "storage_full");
    EXPECT_EQ(read_all(*store, run_id(1)).size(), appended);
  }
  // With space again the run goes on.
  EXPECT_EQ(::mount("none", mount_point.c_str(), "tmpfs", MS_REMOUNT, "size=1m"), 0);
  {
    const auto store = open_store();
    const auto opened = await(store->open(run_id(1)));
    EXPECT_TRUE(opened) << opened.error().message;
    EXPECT_EQ(read_all(*store, run_id(1)).size(), appended);
  }
  EXPECT_EQ(::umount(mount_point.c_str()), 0);
}

TEST_F(JsonlFault, AFullFileSystemTakesNoStore) {
  if (::geteuid() != 0) GTEST_SKIP() << "needs root, to mount a small file system";
  const std::string mount_point = folder_.path();
  if (::mount("none", mount_point.c_str(), "tmpfs", 0, "size=4k,nr_inodes=2") != 0) {
    GTEST_SKIP() << "mounting is not allowed here";
  }
  const auto store = JsonlStore::open(path("new"));
  EXPECT_TRUE(!store && store.error().code == "storage_full") << (store ? "opened" : store.error().message);
  EXPECT_EQ(::umount(mount_point.c_str()), 0);
}

// Appends for ever, and writes a byte to `acknowledged` after each line that is.
[[noreturn]] void append_until_killed(StoreTest& test, JournalStore& store, int acknowledged) {
  RunLines lines(run_id(1), session_id(1));
  const auto writer = test.write_run(store, lines);
  for (std::size_t i = 0;; ++i) {
    test.append(*writer, lines.delta(std::string(i % 50 * 90, 'x')));
    if (::write(acknowledged, "+", 1) != 1) ::_exit(1);
  }
}

TEST_F(JsonlFault, AKilledProcessLosesNothingThatItAcknowledged) {
  for (const int kill_after : {1, 2, 7, 40, 199}) {
    int acknowledged[2];
    ASSERT_EQ(::pipe2(acknowledged, O_CLOEXEC), 0);
    const pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      ::close(acknowledged[0]);
      append_until_killed(*this, *open_store(), acknowledged[1]);
    }
    ::close(acknowledged[1]);
    std::size_t count = 0;
    char mark = 0;
    while (count < static_cast<std::size_t>(kill_after) && ::read(acknowledged[0], &mark, 1) == 1) ++count;
    EXPECT_EQ(::kill(child, SIGKILL), 0);
    while (::read(acknowledged[0], &mark, 1) == 1) ++count;
    ::close(acknowledged[0]);
    int status = 0;
    EXPECT_EQ(::waitpid(child, &status, 0), child);
    EXPECT_TRUE(WIFSIGNALED(status));

    const auto store = open_store();
    const auto before = read_all(*store, run_id(1));
    EXPECT_GE(before.size(), 1 + count);
    EXPECT_LE(before.size(), 1 + count + 1);  // one more may be there than was told
    EXPECT_EQ(decode_run(before).size(), before.size());
    EXPECT_FALSE(await(store->list({})).value().at(0).held);
    auto opened = await(store->open(run_id(1)));
    ASSERT_TRUE(opened) << opened.error().message;
    EXPECT_EQ(read_all(*store, run_id(1)).size(), before.size());
    opened->writer.reset();
    ASSERT_TRUE(await(store->remove(run_id(1))));
  }
}

}  // namespace
}  // namespace orchestrator::harness::journal::testing
