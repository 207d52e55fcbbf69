// SPDX-License-Identifier: Apache-2.0
// Goal: what a sync has promised is there after power loss, and the journal is whole. Method: random runs on a file
// system that remembers what was synced; then the files as they may be found, each unsynced write kept, lost or torn,
// are opened. Lying syncs show that the test can fail.

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <map>
#include <string>

#include "journal/testing/losing_vfs.hpp"
#include "journal/testing/sqlite_kind.hpp"

namespace orchestrator::harness::journal::testing {
namespace {

using runtime::testing::write_file;

using Random = LosingVfs::Random;

// 200 unless ORCHESTRATOR_POWER_LOSSES says more.
std::uint64_t losses_wanted() {
  const char* text = std::getenv("ORCHESTRATOR_POWER_LOSSES");
  return text == nullptr ? 200 : std::strtoull(text, nullptr, 10);
}

std::uint64_t below(Random& random, std::uint64_t bound) { return random() % bound; }

class SqlitePowerLoss : public SqliteTest {
 protected:
  struct Run {
    std::size_t written = 0;
    std::size_t shown = 0;  // lines that a sync had covered
  };
  using Runs = std::map<std::uint64_t, Run>;

  // One or two runs at once, some of them finished; now and then so much that the log is moved into the file.
  Runs write(JournalStore& store, Random& random) {
    Runs runs;
    const bool is_large = below(random, 10) == 0;
    for (std::uint64_t number = 1; number <= 1 + below(random, 3); ++number) {
      RunLines lines(run_id(number), session_id(1));
      const auto writer = await(store.create(lines.run(), lines.session())).value();
      Run& run = runs[number];
      for (std::size_t left = 1 + below(random, is_large ? 60 : 12); left > 0; --left) {
        const auto line = run.written == 0 ? lines.start(std::string(below(random, 2'000), 'q'))
                          : below(random, 4) == 0
                              ? lines.abort_request()
                              : lines.delta(std::string(below(random, is_large ? 200'000 : 1'500), 'x'));
        append(*writer, line);
        ++run.written;
        if (line->strict) sync(*writer, run);
      }
      if (below(random, 2) == 0) {
        append(*writer, lines.completed());
        ++run.written;
        if (below(random, 4) != 0) sync(*writer, run);
      }
    }
    return runs;
  }

  void sync(RunWriter& writer, Run& run) {
    EXPECT_TRUE(await(writer.sync()));
    run.shown = run.written;
  }

  struct Losses {
    std::size_t unsynced = 0;  // lines that were never promised
    std::size_t promised = 0;
  };

  // What is found in the files that are left.
  Losses look(const Runs& runs, const std::string& path) {
    Losses losses;
    auto store = SqliteStore::open({path});
    if (!store) {
      for (const auto& [number, run] : runs) losses.promised += run.shown;
      return losses;
    }
    for (const auto& [number, run] : runs) {
      const auto found = await((*store)->read(run_id(number), 0, 64ULL << 20));
      const std::size_t lines = found ? found->size() : 0;
      if (found) EXPECT_EQ(decode_run(*found).size(), lines);
      losses.promised += lines < run.shown ? run.shown - lines : 0;
      losses.unsynced += run.written - std::max(lines, run.shown);
      EXPECT_LE(lines, run.written);
      if (!found) continue;
      const auto opened = await((*store)->open(run_id(number)));
      if (!opened) losses.promised += run.shown;
    }
    return losses;
  }

  Losses lose_power(std::uint64_t seed, bool is_lying) {
    Random random(seed);
    const TemporaryFolder before{FolderPlace::memory};
    const TemporaryFolder after{FolderPlace::memory};
    const std::string path = before.path("journal.db");
    const std::string path_after = after.path("journal.db");
    LosingVfs vfs;
    Runs runs;
    {
      const auto store = SqliteStore::open({path, vfs.name()}).value();
      if (is_lying) vfs.lie();
      runs = write(*store, random);
      vfs.freeze();
      write_file(path_after, vfs.image_of(path, random));
      write_file(path_after + "-wal", vfs.image_of(path + "-wal", random));
    }
    return look(runs, path_after);
  }
};

TEST_F(SqlitePowerLoss, NothingThatWasSyncedIsLost) {
  std::size_t unsynced = 0;
  const std::uint64_t seeds = losses_wanted();
  for (std::uint64_t seed = 0; seed < seeds; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    const Losses losses = lose_power(seed, false);
    ASSERT_EQ(losses.promised, 0U);
    unsynced += losses.unsynced;
  }
  EXPECT_GT(unsynced, 50U);  // or nothing was tried
}

TEST_F(SqlitePowerLoss, LyingSyncsLoseWhatTheyPromised) {
  std::size_t promised = 0;
  for (std::uint64_t seed = 0; seed < 20; ++seed) promised += lose_power(seed, true).promised;
  EXPECT_GT(promised, 0U);
}

}  // namespace
}  // namespace orchestrator::harness::journal::testing
