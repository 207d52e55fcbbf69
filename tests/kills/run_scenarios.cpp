// SPDX-License-Identifier: Apache-2.0
// Runs that are carried out on the store, with what they do to files.
#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_future.hpp>

#include <filesystem>
#include <map>
#include <utility>

#include "kills/killed_work.hpp"
#include "kills/store_writing.hpp"
#include "orchestrator/harness/harness.hpp"
#include "runtime/testing/temporary_folder.hpp"

namespace orchestrator::harness::kills {
namespace {

namespace fs = std::filesystem;

constexpr const char* kScript = R"({"turns":[
  {"tool_calls":[{"name":"write_file","arguments":{"path":"a","content":"two"}},
                 {"name":"delete_file","arguments":{"path":"c"}}]},
  {"text":"All done."},{"text":"Again."}]})";

Harness harness_in(const std::string& folder) {
  HarnessBuilder builder;
  builder.store(store_in(folder).value())
      .provider(scripted_provider({{"kills", kScript}}).value())
      .default_model("scripted/kills");
  for (const auto& tool : workspace_tools()) builder.tool(tool);
  return builder.build().value();
}

std::vector<RunSummary> runs_of(const Harness& harness) {
  auto listed = harness.store()->list(RunFilter{});
  return boost::asio::co_spawn(harness.executor(), std::move(listed), boost::asio::use_future).get().value();
}

std::map<std::string, std::string> tree(const std::string& folder) {
  std::map<std::string, std::string> entries;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    entries[entry.path().string().substr(folder.size())] = runtime::testing::read_file(entry.path().string());
  }
  return entries;
}

std::map<std::string, std::string> first_tree() { return {{"/a", "one"}, {"/c", "three"}}; }

// A run that has changed both files. Harnesses have threads that a fork would leave behind: none lives in this process.
void carry_out(const std::string& folder) {
  fs::create_directory(folder + "/files");
  for (const auto& [name, content] : first_tree()) runtime::testing::write_file(folder + "/files" + name, content);
  const auto work = [&]() -> Result<void> {
    Harness harness = harness_in(folder);
    auto run = harness.session().run("Go").workspace(folder + "/files").approval(ApprovalMode::never).start();
    if (!run) return std::unexpected(run.error());
    const auto result = run->wait();
    return result ? Result<void>() : std::unexpected(result.error());
  };
  const KilledWork done = run_killed(folder, 0, work);
  ASSERT_EQ(done.fate, Fate::ended) << done.problem;
  ASSERT_NE(tree(folder + "/files"), first_tree());
}

// Goes on with the newest run of a kind where it has not ended, and begins one where there is none.
Result<void> go_on_or_begin(const std::string& folder, RunKind kind,
                            const std::function<Result<RunHandle>(Harness&, const RunId& source)>& begin) {
  Harness harness = harness_in(folder);
  const auto runs = runs_of(harness);
  const RunSummary& newest = runs.front();
  const bool is_begun = newest.kind == kind && newest.events > 0;
  if (is_begun && newest.status != RunStatus::active) return {};
  auto run = is_begun ? harness.resume_run(newest.run_id) : begin(harness, runs.back().run_id);
  if (!run) return std::unexpected(run.error());
  const auto result = run->wait();
  return result ? Result<void>() : std::unexpected(result.error());
}

void expect_end(const std::string& folder, RunKind kind) {
  const auto runs = await(store_in(folder).value()->list(RunFilter{})).value();
  ASSERT_FALSE(runs.empty());
  EXPECT_EQ(runs.front().kind, kind);
  EXPECT_EQ(runs.front().status, RunStatus::completed);
}

StoreScenario undoing() {
  StoreScenario scenario;
  scenario.name = "undo";
  scenario.prepare = carry_out;
  scenario.act = [](const std::string& folder, Shown&) {
    return go_on_or_begin(folder, RunKind::undo, [](Harness& harness, const RunId& source) -> Result<RunHandle> {
      const auto plan = harness.plan_undo(source);
      if (!plan) return std::unexpected(plan.error());
      return harness.undo(source, *plan);
    });
  };
  scenario.check_end = [](const std::string& folder) {
    expect_end(folder, RunKind::undo);
    EXPECT_EQ(tree(folder + "/files"), first_tree());
  };
  return scenario;
}

StoreScenario forking() {
  StoreScenario scenario;
  scenario.name = "fork";
  scenario.prepare = carry_out;
  scenario.act = [](const std::string& folder, Shown&) {
    return go_on_or_begin(folder, RunKind::fork, [](Harness& harness, const RunId& source) {
      ForkOptions options;
      options.hints = {"Once more."};
      return harness.fork(source, options);
    });
  };
  scenario.check_end = [](const std::string& folder) { expect_end(folder, RunKind::fork); };
  return scenario;
}

}  // namespace

std::vector<StoreScenario> run_scenarios() { return {undoing(), forking()}; }

}  // namespace orchestrator::harness::kills
