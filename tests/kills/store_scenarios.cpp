// SPDX-License-Identifier: Apache-2.0
#include "kills/store_scenarios.hpp"

#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/use_future.hpp>

#include <chrono>
#include <future>
#include <set>
#include <utility>

#include "kills/store_writing.hpp"
#include "orchestrator/harness/run_store.hpp"

namespace orchestrator::harness::kills {
namespace {

namespace asio = boost::asio;
using journal::testing::golden_runs;
using journal::testing::picture_run;

constexpr const char* kPicture = "not really a picture";

StoreScenario creating() {
  return writing("create", golden_run("plain"), [](const std::string&) {});
}

StoreScenario appending() {
  const SampleRun run = golden_run("tools_and_hint");
  return writing("append", run, [run](const std::string& folder) { write_now(folder, run, 3); });
}

StoreScenario putting_content() {
  const SampleRun run = picture_run(kPicture, 2);
  return writing("content", run, [](const std::string& folder) { write_now(folder, picture_run(kPicture, 1)); });
}

// What a dead process left in the log is moved into the file first.
StoreScenario emptying_the_log() {
  const SampleRun left = golden_run("tools_and_hint");
  StoreScenario scenario = writing("empty_log", golden_run("plain"),
                                   [left](const std::string& folder) { write_and_leave(folder, left, 5); });
  scenario.check_always = [left](const std::string& folder) { EXPECT_TRUE(runs_in(folder).contains(left.run_id)); };
  return scenario;
}

// A run that has ended is packed and indexed as the store closes.
StoreScenario packing() {
  const SampleRun left = golden_run("tools_and_hint");
  StoreScenario scenario =
      writing("pack", picture_run(kPicture), [left](const std::string& folder) { write_and_leave(folder, left); });
  scenario.check_always = [left](const std::string& folder) { expect_whole(folder, left); };
  return scenario;
}

asio::awaitable<Result<void>> write_together(std::shared_ptr<JournalStore> store, std::vector<SampleRun> runs,
                                             Shown* shown) {
  std::vector<std::future<Result<void>>> written;
  const auto executor = co_await asio::this_coro::executor;
  for (std::size_t i = 0; i < runs.size(); ++i) {
    auto writing = write_run(store, runs[i], SIZE_MAX, &shown->lines[i]);
    written.push_back(asio::co_spawn(executor, std::move(writing), asio::use_future));
  }
  for (std::future<Result<void>>& one : written) {
    while (one.wait_for(std::chrono::seconds(0)) != std::future_status::ready) {
      auto turn = asio::post(executor, asio::use_awaitable);
      co_await std::move(turn);
    }
    if (auto done = one.get(); !done) co_return done;
  }
  co_return Result<void>();
}

StoreScenario committing_together() {
  const std::vector<SampleRun> runs = golden_runs("session_with_history");
  StoreScenario scenario;
  scenario.name = "group_commit";
  scenario.prepare = [](const std::string& folder) { write_now(folder, golden_run("plain")); };
  for (const SampleRun& run : runs) scenario.written.push_back(run.run_id);
  scenario.act = [runs](const std::string& folder, Shown& shown) -> Result<void> {
    const auto store = store_in(folder);
    if (!store) return std::unexpected(store.error());
    return await(write_together(*store, runs, &shown));
  };
  scenario.check_end = [runs](const std::string& folder) {
    for (const SampleRun& run : runs) expect_whole(folder, run);
  };
  return scenario;
}

// Removes the runs of a plan that are still there.
Result<void> remove_planned(const std::string& folder, const std::function<Result<RemovalPlan>(RunStore)>& make_plan) {
  const auto store = store_in(folder);
  if (!store) return std::unexpected(store.error());
  const RunStore runs(*store);
  const auto plan = make_plan(runs);
  if (!plan) return std::unexpected(plan.error());
  for (const RunSummary& run : plan->runs) {
    if (auto removed = await(runs.remove(run.run_id)); !removed) return removed;
  }
  return {};
}

// Those first that build on others.
StoreScenario removing_with_dependents() {
  const SampleRun base = picture_run("shared", 1);
  const SampleRun next = picture_run("shared", 2, base.run_id);
  const SampleRun last = picture_run("of its own", 3, next.run_id);
  const SampleRun other = picture_run("shared", 4);
  StoreScenario scenario;
  scenario.name = "delete";
  scenario.prepare = [=](const std::string& folder) {
    for (const SampleRun& run : {base, next, last, other}) write_now(folder, run);
  };
  scenario.act = [=](const std::string& folder, Shown&) -> Result<void> {
    const auto store = store_in(folder);
    if (!store) return std::unexpected(store.error());
    const std::set<RunId> present = runs_in(folder);
    for (const SampleRun& run : {last, next, base}) {
      if (!present.contains(run.run_id)) continue;
      if (auto removed = await((*store)->remove(run.run_id)); !removed) return removed;
    }
    return {};
  };
  scenario.check_always = [=](const std::string& folder) {
    const std::set<RunId> left = runs_in(folder);
    EXPECT_TRUE(!left.contains(next.run_id) || left.contains(base.run_id));
    EXPECT_TRUE(!left.contains(last.run_id) || left.contains(next.run_id));
    expect_whole(folder, other);
  };
  scenario.check_end = [=](const std::string& folder) {
    EXPECT_EQ(runs_in(folder), std::set<RunId>{other.run_id});
    EXPECT_FALSE(await(store_in(folder).value()->blob(sha256("of its own"))));
  };
  return scenario;
}

StoreScenario pruning() {
  const std::vector<SampleRun> old = golden_runs("session_with_history");
  StoreScenario scenario;
  scenario.name = "prune";
  scenario.prepare = [old](const std::string& folder) {
    for (const SampleRun& run : old) write_now(folder, run);
  };
  scenario.act = [](const std::string& folder, Shown&) {
    return remove_planned(folder, [](const RunStore& runs) {
      RetentionPolicy policy;
      policy.runs_max = 1;
      return await(runs.plan_retention(policy));
    });
  };
  scenario.check_always = [old](const std::string& folder) { expect_whole(folder, old.back()); };
  scenario.check_end = [old](const std::string& folder) {
    EXPECT_EQ(runs_in(folder), std::set<RunId>{old.back().run_id});
  };
  return scenario;
}

}  // namespace

void PrintTo(const StoreScenario& scenario, std::ostream* out) { *out << scenario.name; }

std::vector<StoreScenario> store_scenarios() {
  return {creating(),         appending(), putting_content(),          committing_together(),
          emptying_the_log(), packing(),   removing_with_dependents(), pruning()};
}

}  // namespace orchestrator::harness::kills
