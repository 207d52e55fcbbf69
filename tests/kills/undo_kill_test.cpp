// SPDX-License-Identifier: Apache-2.0
// Goal: P9. Whatever moment an undo is killed at, going on with it comes to the same end: the folder is what it was,
// byte for byte. Method: another process undoes a run and kills itself at its n-th point, for every n; then another
// goes on. Points stand around everything that reaches the journal and around every step.
#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_future.hpp>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <string>
#include <utility>

#include "event/journal_invariants.hpp"
#include "kills/killing_store.hpp"
#include "kills/victim_process.hpp"
#include "orchestrator/harness/harness.hpp"
#include "runtime/testing/temporary_folder.hpp"

namespace orchestrator::harness::kills {
namespace {

namespace fs = std::filesystem;
using runtime::testing::FolderPlace;
using runtime::testing::TemporaryFolder;

constexpr const char* kScript = R"({"turns":[
  {"tool_calls":[{"name":"write_file","arguments":{"path":"a","content":"two"}},
                 {"name":"make_directory","arguments":{"path":"d"}},
                 {"name":"move_file","arguments":{"from":"b","to":"d/b"}},
                 {"name":"delete_file","arguments":{"path":"c"}}]},
  {"text":"All done."}]})";

// Points around each step of the real compensator.
class KillingCompensator final : public Compensator {
 public:
  Awaitable<std::expected<CompensationLook, ToolError>> look(CompensationCall call,
                                                             CompensationContext context) override {
    return paths_->look(std::move(call), std::move(context));
  }
  Awaitable<std::expected<std::vector<CompensationLook>, ToolError>> look_ahead(std::vector<CompensationCall> calls,
                                                                                UndoConsent consent,
                                                                                CompensationContext context) override {
    return paths_->look_ahead(std::move(calls), std::move(consent), std::move(context));
  }
  Awaitable<CompensationResult> restore(CompensationCall call, UndoStep step, CompensationContext context) override {
    pass_point();
    auto restoring = paths_->restore(std::move(call), std::move(step), std::move(context));
    CompensationResult result = co_await std::move(restoring);
    pass_point();
    co_return result;
  }

 private:
  std::shared_ptr<Compensator> paths_ = path_compensator();
};

Harness harness_in(const std::string& folder, bool is_victim) {
  auto store = open_store("sqlite:" + folder + "/runs.db").value();
  HarnessBuilder builder;
  builder.store(is_victim ? killing_store(store) : store)
      .provider(scripted_provider({{"undo", kScript}}).value())
      .default_model("scripted/undo");
  for (const auto& tool : workspace_tools()) builder.tool(tool);
  const auto paths = std::make_shared<KillingCompensator>();  // one for all: a step may stand on another's
  for (const char* tool : {"write_file", "make_directory", "move_file", "delete_file"}) {
    builder.compensator(tool, paths);
  }
  return builder.build().value();
}

std::vector<RunSummary> runs_of(const Harness& harness) {
  auto listed = harness.store()->list(RunFilter{});
  return boost::asio::co_spawn(harness.executor(), std::move(listed), boost::asio::use_future).get().value();
}

std::map<std::string, std::string> tree(const std::string& folder) {
  std::map<std::string, std::string> entries;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    entries[entry.path().string().substr(folder.size())] =
        entry.is_directory() ? "/" : runtime::testing::read_file(entry.path().string());
  }
  return entries;
}

// The other process. Not a test of its own.
TEST(UndoVictim, UndoesTheRun) {
  const char* folder = std::getenv("ORCHESTRATOR_KILL_FOLDER");
  if (folder == nullptr) GTEST_SKIP() << "the process that is killed; started by the tests of this program";
  Harness harness = harness_in(folder, true);
  const auto runs = runs_of(harness);
  const RunSummary& newest = runs.front();
  if (newest.kind == RunKind::undo && newest.status != RunStatus::active) return;  // it had ended before the kill
  const bool is_begun = newest.kind == RunKind::undo && newest.events > 0;
  const RunId source = runs.back().run_id;
  auto run = is_begun ? harness.resume_run(newest.run_id) : harness.undo(source, harness.plan_undo(source).value());
  ASSERT_TRUE(run) << run.error().message;
  ASSERT_TRUE(run->wait());
}

Fate spawn_victim(const std::string& folder, int kill_at) {
  return run_victim({.test = "UndoVictim.*",
                     .folder = folder,
                     .environment = {"ORCHESTRATOR_KILL_FOLDER=" + folder},
                     .kill_at = kill_at});
}

// Dies at every point of the first process; the next ones live. False once no point is left.
bool is_killed_at(int point) {
  const TemporaryFolder folder(FolderPlace::memory);
  const std::string work = folder.path("work");
  fs::create_directory(work);
  for (const char* name : {"/a", "/b", "/c"})
    runtime::testing::write_file(work + name, std::string("content of ") + name);
  const auto before = tree(work);
  {
    Harness harness = harness_in(folder.path(), false);
    auto run = harness.session().run("Go").workspace(work).approval(ApprovalMode::never).start().value();
    EXPECT_TRUE(run.wait());
  }
  EXPECT_NE(tree(work), before);
  const Fate first = spawn_victim(folder.path(), point);
  EXPECT_NE(first, Fate::failed) << runtime::testing::read_file(folder.path("output"));
  if (first == Fate::killed) {
    EXPECT_EQ(spawn_victim(folder.path(), 0), Fate::ended) << runtime::testing::read_file(folder.path("output"));
  }
  EXPECT_EQ(tree(work), before);
  Harness harness = harness_in(folder.path(), false);
  for (const RunSummary& summary : runs_of(harness)) {
    if (summary.kind != RunKind::undo || summary.events == 0) continue;
    EXPECT_EQ(summary.finish_reason, "undone");
    auto reader = harness.open_run(summary.run_id).value();
    event::JournalInvariants invariants;
    for (const StreamEvent& event : reader.events()) invariants.add(event);
    invariants.check_complete();
    for (const auto& violation : invariants.violations()) ADD_FAILURE() << violation.str();
  }
  return first == Fate::killed;
}

TEST(UndoKill, AtEveryPoint) {
  int points = 0;
  while (is_killed_at(points + 1)) {
    points += 1;
    if (HasFailure()) {
      ADD_FAILURE() << "at point " << points;
      break;
    }
  }
  EXPECT_GT(points, 20);
}

}  // namespace
}  // namespace orchestrator::harness::kills
