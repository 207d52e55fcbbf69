// SPDX-License-Identifier: Apache-2.0
// Goal: P4 for the store. At whichever system call a process is killed that writes an SQLite store, the next one finds
// all that was shown, every run is sound, and what was cut short can be done again and comes to the same end. Method:
// each scenario is carried out on the real disk calls and killed before each change of the folder, and in the middle of
// each write. The standing suite takes every n-th of these points, ORCHESTRATOR_KILL_STRIDE=1 all.
#include <gtest/gtest.h>
#include <sys/mman.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <new>
#include <string>

#include "journal/run_verification.hpp"
#include "kills/killed_work.hpp"
#include "kills/store_scenarios.hpp"
#include "kills/store_writing.hpp"
#include "runtime/testing/temporary_folder.hpp"

namespace orchestrator::harness::kills {
namespace {

namespace fs = std::filesystem;
using runtime::testing::FolderPlace;
using runtime::testing::TemporaryFolder;

constexpr int kStandingStride = 12;
constexpr int kPointsMin = 40;

int stride() {
  const char* text = std::getenv("ORCHESTRATOR_KILL_STRIDE");
  return text == nullptr ? kStandingStride : std::max(1, std::atoi(text));
}

struct Unmapper {
  void operator()(Shown* shown) const { ::munmap(shown, sizeof(*shown)); }
};
std::unique_ptr<Shown, Unmapper> share_shown() {
  void* memory = ::mmap(nullptr, sizeof(Shown), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  return std::unique_ptr<Shown, Unmapper>(memory == MAP_FAILED ? nullptr : new (memory) Shown());
}

// Every run of the store is what was written, and what was shown is there.
void expect_sound(const StoreScenario& scenario, const std::string& folder, const Shown& shown) {
  const auto opened = open_store("sqlite:" + database_in(folder));
  ASSERT_TRUE(opened) << opened.error().message;
  const auto& store = *opened;
  const auto runs = await(store->list(RunFilter{}));
  ASSERT_TRUE(runs) << runs.error().message;
  for (const RunSummary& run : *runs) {
    EXPECT_FALSE(run.damaged);
    const auto verdict = await(journal::verify_run(store, run.run_id));
    ASSERT_TRUE(verdict) << verdict.error().message;
    for (const auto& flaw : verdict->flaws) ADD_FAILURE() << flaw.what;
  }
  for (std::size_t i = 0; i < scenario.written.size(); ++i) {
    const std::uint64_t lines = shown.lines[i];
    if (lines == 0) continue;
    const auto found = await(store->read(scenario.written[i], 0, 1 << 20));
    ASSERT_TRUE(found) << found.error().message;
    EXPECT_GE(found->size(), lines) << "lines that were shown are gone";
  }
}

class StoreKill : public testing::TestWithParam<StoreScenario> {
 protected:
  // The scenario once, killed at a point, and once more; false once there is no such point.
  bool is_killed_at(int point) {
    const testing::ScopedTrace trace(__FILE__, __LINE__, "killed at point " + std::to_string(point));
    const StoreScenario& scenario = GetParam();
    fs::remove_all(work_);
    fs::copy(before_, work_, fs::copy_options::recursive | fs::copy_options::copy_symlinks);
    const auto shown = share_shown();
    const KilledWork killed = run_killed(work_, point, [&] { return scenario.act(work_, *shown); });
    EXPECT_NE(killed.fate, Fate::failed) << killed.problem;
    expect_sound(scenario, work_, *shown);
    scenario.check_always(work_);
    const KilledWork again = run_killed(work_, 0, [&] { return scenario.act(work_, *shown); });
    EXPECT_EQ(again.fate, Fate::ended) << again.problem;
    expect_sound(scenario, work_, *shown);
    scenario.check_always(work_);
    scenario.check_end(work_);
    expect_no_rest();
    return killed.fate == Fate::killed;
  }

  // Nothing of what was cut short lies about.
  void expect_no_rest() const {
    const auto store = open_store("sqlite:" + database_in(work_)).value();
    for (const auto& flaw : await(journal::verify_records(store)).value()) ADD_FAILURE() << flaw.what;
  }

  const TemporaryFolder folder_{FolderPlace::memory};
  const std::string before_ = folder_.path("before");
  const std::string work_ = folder_.path("work");
};

TEST_P(StoreKill, LosesNothingAndCanBeRepeated) {
  fs::create_directory(work_);
  GetParam().prepare(work_);
  ASSERT_FALSE(HasFailure());
  fs::rename(work_, before_);
  int points = 0;
  for (int point = 1; is_killed_at(point); point += stride()) {
    points = point;
    ASSERT_FALSE(HasFailure()) << "killed at point " << point;
  }
  ASSERT_FALSE(HasFailure()) << "after point " << points;
  EXPECT_GT(points, kPointsMin);
  RecordProperty("points", points);
}

INSTANTIATE_TEST_SUITE_P(Stores, StoreKill, testing::ValuesIn(store_scenarios()),
                         [](const auto& scenario) { return scenario.param.name; });
INSTANTIATE_TEST_SUITE_P(Transfers, StoreKill, testing::ValuesIn(transfer_scenarios()),
                         [](const auto& scenario) { return scenario.param.name; });
INSTANTIATE_TEST_SUITE_P(Runs, StoreKill, testing::ValuesIn(run_scenarios()),
                         [](const auto& scenario) { return scenario.param.name; });

}  // namespace
}  // namespace orchestrator::harness::kills
