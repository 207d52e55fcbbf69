// SPDX-License-Identifier: Apache-2.0
// Goal: whatever power loss leaves of what was not synced, all that was synced is there, and what is there is a part
// of what was written. Method: a real writer over a disk that notes what each sync covers; then, two thousand times,
// the journal as the disk may hold it: shorter, and with any of the unsynced sectors lost.

#include <gmock/gmock.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <mutex>
#include <random>
#include <set>
#include <string>

#include "journal/testing/jsonl_kind.hpp"

namespace orchestrator::harness::journal::testing {
namespace {

constexpr std::size_t kSectorBytes = 512;

// Syncs nothing, and notes what would have been synced.
class NotingDisk final : public Disk {
 public:
  ssize_t writev(int fd, const iovec* pieces, int count) override { return real_->writev(fd, pieces, count); }
  int ftruncate(int fd, off_t size) override { return real_->ftruncate(fd, size); }
  int fdatasync(int fd) override {
    struct stat status{};
    if (::fstat(fd, &status) != 0) return -1;
    const std::lock_guard lock(mutex_);
    synced_bytes_ = static_cast<std::size_t>(status.st_size);
    return 0;
  }
  int fsync(int fd) override {
    std::array<char, 4'096> path{};
    const ssize_t size = ::readlink(("/proc/self/fd/" + std::to_string(fd)).c_str(), path.data(), path.size());
    if (size < 0) return -1;
    const std::lock_guard lock(mutex_);
    synced_folders_.emplace(path.data(), static_cast<std::size_t>(size));
    return 0;
  }

  std::size_t synced_bytes() {
    const std::lock_guard lock(mutex_);
    return synced_bytes_;
  }
  std::set<std::string> synced_folders() {
    const std::lock_guard lock(mutex_);
    return synced_folders_;
  }

 private:
  std::shared_ptr<Disk> real_ = real_disk();
  std::mutex mutex_;
  std::size_t synced_bytes_ = 0;
  std::set<std::string> synced_folders_;
};

class JsonlPowerLoss : public JsonlTest {
 protected:
  using Random = std::mt19937_64;
  static std::size_t below(Random& random, std::size_t end) { return end == 0 ? 0 : random() % end; }

  // A run of random lines; each strict one is synced before the next is written, as a driver does before it shows it.
  struct Written {
    std::string text;
    std::size_t synced_bytes = 0;
    std::size_t shown_lines = 0;  // up to the last one that was synced
  };
  Written write(Random& random) {
    const auto disk = std::make_shared<NotingDisk>();
    const auto store = open_store(disk);
    Written written;
    std::size_t lines_written = 0;
    RunLines lines(run_id(1), session_id(1));
    const auto writer = await(store->create(run_id(1), session_id(1))).value();
    for (std::size_t left = 1 + below(random, 12); left > 0; --left) {
      const auto line = lines_written == 0      ? lines.start(std::string(below(random, 2'000), 'q'))
                        : below(random, 4) == 0 ? lines.abort_request()
                                                : lines.delta(std::string(below(random, 1'500), 'x'));
      append(*writer, line);
      ++lines_written;
      if (!line->strict) continue;
      EXPECT_TRUE(await(writer->sync()));
      written.shown_lines = lines_written;
    }
    written.text = read_file(journal_path(run_id(1)));
    written.synced_bytes = disk->synced_bytes();
    return written;
  }

  // What may be found after the power came back.
  static std::string image_of(const Written& written, Random& random) {
    std::string image = written.text;
    if (below(random, 2) == 0) {
      image.resize(written.synced_bytes + below(random, image.size() - written.synced_bytes + 1));
    }
    for (std::size_t sector = written.synced_bytes / kSectorBytes; sector * kSectorBytes < image.size(); ++sector) {
      if (below(random, 3) != 0) continue;
      const std::size_t begin = std::max(sector * kSectorBytes, written.synced_bytes);
      const std::size_t end = std::min((sector + 1) * kSectorBytes, image.size());
      std::fill(image.begin() + static_cast<std::ptrdiff_t>(begin), image.begin() + static_cast<std::ptrdiff_t>(end),
                '\0');
    }
    return image;
  }
};

TEST_F(JsonlPowerLoss, NothingThatWasShownIsLost) {
  std::size_t losses = 0;
  for (std::uint64_t seed = 0; seed < 2'000; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Random random(seed);
    const Written written = write(random);
    const std::string image = image_of(written, random);
    write_file(journal_path(run_id(1)), image);
    write_file(run_path(run_id(1), "holder"), "123 another-boot\n");

    const auto store = open_store();
    const auto before = read_all(*store, run_id(1));
    ASSERT_GE(before.size(), written.shown_lines);
    auto opened = await(store->open(run_id(1)));
    ASSERT_TRUE(opened) << opened.error().message;
    EXPECT_EQ(opened->writer->epoch(), 2U);
    const std::string left = read_file(journal_path(run_id(1)));
    EXPECT_TRUE(written.text.starts_with(left));
    EXPECT_EQ(opened->cut_bytes, image.size() - left.size());
    EXPECT_EQ(decode_run(read_all(*store, run_id(1))).size(), before.size());
    losses += left.size() < written.text.size() ? 1 : 0;
    opened->writer.reset();
    ASSERT_TRUE(await(store->remove(run_id(1))));
  }
  EXPECT_GT(losses, 500U);  // or nothing was tried
}

TEST_F(JsonlPowerLoss, TheFirstSyncMakesTheNamesOfTheFilesLast) {
  const auto disk = std::make_shared<NotingDisk>();
  const auto store = open_store(disk);
  RunLines lines(run_id(1), session_id(2));
  const auto writer = write_run(*store, lines);
  ASSERT_TRUE(await(writer->put_blob(SharedBytes("cat"))));
  EXPECT_TRUE(disk->synced_folders().empty());
  ASSERT_TRUE(await(writer->sync()));
  EXPECT_THAT(disk->synced_folders(),
              ::testing::UnorderedElementsAre(path("runs"), path("runs/" + run_id(1).str()), path("sessions"),
                                              path("sessions/" + session_id(2).str()), path("blobs"),
                                              path("blobs/" + sha256("cat").str().substr(0, 2))));
}

}  // namespace
}  // namespace orchestrator::harness::journal::testing
