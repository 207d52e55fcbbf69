// SPDX-License-Identifier: Apache-2.0
// Goal: an import that is killed at any moment leaves all of a run or nothing of it, and the next one completes it.
// Method: another process imports a file and kills itself at its n-th point, for every n; then the store is looked at,
// verified, and given the file again.
#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_future.hpp>

#include <cstdlib>
#include <string>

#include "journal/run_export.hpp"
#include "journal/run_import.hpp"
#include "journal/run_verification.hpp"
#include "kills/killing_store.hpp"
#include "kills/victim_process.hpp"
#include "orchestrator/harness/harness.hpp"
#include "runtime/testing/run_awaitable.hpp"
#include "runtime/testing/temporary_folder.hpp"

namespace orchestrator::harness::kills {
namespace {

using journal::ImportOutcome;
using runtime::testing::FolderPlace;
using runtime::testing::TemporaryFolder;

constexpr const char* kScript = R"({"turns":[{"text":"One.","delta_chars":1},{"text":"Two."}]})";

template <class T>
T await(boost::asio::awaitable<T> operation) {
  boost::asio::io_context io;
  return runtime::testing::run_awaitable(io, std::move(operation));
}

std::shared_ptr<JournalStore> store_in(const std::string& kind, const std::string& folder) {
  return open_store(kind + ":" + folder + "/journal").value();
}

// The other process. Not a test of its own.
TEST(ImportVictim, ImportsOneFile) {
  const char* folder = std::getenv("ORCHESTRATOR_KILL_FOLDER");
  if (folder == nullptr) GTEST_SKIP() << "the process that is killed; started by the tests of this program";
  const auto store = killing_store(store_in(std::getenv("ORCHESTRATOR_KILL_STORE"), folder));
  const auto imported = await(journal::import_runs(store, journal::ExportPlace::of(std::string(folder) + "/run.orun")));
  ASSERT_TRUE(imported) << imported.error().message;
}

// How much of the last run the store has before.
enum class Before : std::uint8_t { nothing, beginning };

struct ImportCase {
  std::string kind;
  Before before = Before::nothing;
};

class ImportKill : public testing::TestWithParam<ImportCase> {};

// The store that the file is imported into: with the first run, and the first two steps of the second.
void write_beginning(JournalStore& store, JournalStore& source, const std::vector<RunSummary>& runs) {
  for (const RunSummary& run : {runs.back(), runs.front()}) {
    const auto lines = await(source.read(run.run_id, 0, UINT64_MAX)).value();
    const auto writer = await(store.create(run.run_id, run.session_id)).value();
    for (const JournalLine& line : lines) {
      if (run.run_id == runs.front().run_id && line.step > 2) break;
      ASSERT_TRUE(await(writer->append(std::make_shared<const JournalLine>(line))));
    }
    ASSERT_TRUE(await(writer->sync()));
  }
}

TEST_P(ImportKill, LeavesAllOfARunOrWhatWasThere) {
  // A run that goes on from another one.
  HarnessBuilder builder;
  builder.store(open_store("memory:").value())
      .provider(scripted_provider({{"kills", kScript}}).value())
      .default_model("scripted/kills");
  Harness harness = builder.build().value();
  auto session = harness.session();
  ASSERT_TRUE(session.run("First").start()->wait());
  ASSERT_TRUE(session.run("Second").start()->wait());
  const auto runs = await(harness.store()->list(RunFilter{})).value();
  ASSERT_EQ(runs.size(), 2U);
  std::string file;
  const auto sink = [&file](std::string_view bytes) -> Result<void> {
    file += bytes;
    return {};
  };
  const auto exported = await(journal::export_run(harness.store(), runs.front().run_id, {}, sink));
  ASSERT_TRUE(exported) << exported.error().message;
  ASSERT_EQ(exported->with.size(), 1U);

  int points = 0;
  for (Fate fate = Fate::killed; fate == Fate::killed; ++points) {
    const TemporaryFolder folder(FolderPlace::memory);
    runtime::testing::write_file(folder.path("run.orun"), file);
    const bool is_begun = GetParam().before == Before::beginning;
    if (is_begun) write_beginning(*store_in(GetParam().kind, folder.path()), *harness.store(), runs);
    fate = run_victim(
        {.test = "ImportVictim.*",
         .folder = folder.path(),
         .environment = {"ORCHESTRATOR_KILL_FOLDER=" + folder.path(), "ORCHESTRATOR_KILL_STORE=" + GetParam().kind},
         .kill_at = points + 1});
    ASSERT_NE(fate, Fate::failed) << runtime::testing::read_file(folder.path("output"));
    const std::string how = "killed at point " + std::to_string(points + 1);
    const auto store = store_in(GetParam().kind, folder.path());
    for (const RunSummary& run : await(store->list(RunFilter{})).value()) {
      const bool is_beginning = run.status == RunStatus::active;
      EXPECT_TRUE(!is_beginning || (is_begun && run.run_id == runs.front().run_id)) << how;
      EXPECT_TRUE(await(journal::verify_run(store, run.run_id))->flaws.empty()) << how;
    }
    const auto again = await(journal::import_runs(store, journal::ExportPlace::of(folder.path("run.orun"))));
    ASSERT_TRUE(again) << how << ": " << again.error().message;
    const auto now = await(store->list(RunFilter{})).value();
    ASSERT_EQ(now.size(), 2U) << how;
    EXPECT_EQ(now.front().status, RunStatus::completed) << how;
    for (const auto& flaw : await(journal::verify_records(store)).value()) ADD_FAILURE() << how << ": " << flaw.what;
  }
  EXPECT_GT(points, GetParam().before == Before::beginning ? 8 : 20);
}

INSTANTIATE_TEST_SUITE_P(Stores, ImportKill,
                         testing::Values(ImportCase{"jsonl"}, ImportCase{"sqlite"},
                                         ImportCase{"jsonl", Before::beginning},
                                         ImportCase{"sqlite", Before::beginning}),
                         [](const auto& of) {
                           return of.param.kind + (of.param.before == Before::beginning ? "_goes_on" : "");
                         });

}  // namespace
}  // namespace orchestrator::harness::kills
