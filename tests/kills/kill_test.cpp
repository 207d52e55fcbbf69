// SPDX-License-Identifier: Apache-2.0
// Goal: P5. Whatever moment a process is killed at, a call that may not happen twice happens at most once, and exactly
// once where the journal says that it did; the run goes on to its end. Method: another process of this program carries
// a run out and kills itself at its n-th point, for every n; then others go on with the run, some killed in turn. A
// file outside of the harness counts what really happened.
#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_future.hpp>

#include <algorithm>
#include <cstdlib>
#include <map>
#include <random>
#include <string>
#include <vector>

#include "event/journal_invariants.hpp"
#include "kills/killing_store.hpp"
#include "kills/ledger_tool.hpp"
#include "kills/victim_process.hpp"
#include "orchestrator/harness/harness.hpp"
#include "runtime/testing/temporary_folder.hpp"

namespace orchestrator::harness::kills {
namespace {

using runtime::testing::FolderPlace;
using runtime::testing::TemporaryFolder;

constexpr const char* kScript = R"({"turns":[
  {"tool_calls":[{"id":"a","name":"once","arguments":{}},{"id":"b","name":"seen","arguments":{}}]},
  {"tool_calls":[{"id":"c","name":"undoable","arguments":{}},{"id":"d","name":"again","arguments":{}}]},
  {"text":"All done."}]})";
// 300, half of them for each kind of store, unless ORCHESTRATOR_KILLS says more.
int kills_wanted() {
  const char* text = std::getenv("ORCHESTRATOR_KILLS");
  return text == nullptr ? 300 : std::atoi(text);
}
constexpr int kProcessesMax = 20;  // of one run: more would mean that it does not get anywhere

// Where a run of `folder` is kept by a store of this kind.
std::string store_url(const std::string& kind, const std::string& folder) { return kind + ":" + folder + "/journal"; }

Harness victim_harness(const std::string& kind, const std::string& folder) {
  const std::string ledger = folder + "/ledger";
  HarnessBuilder builder;
  builder.store(killing_store(open_store(store_url(kind, folder)).value()))
      .provider(scripted_provider({{"kills", kScript}}).value())
      .default_model("scripted/kills")
      .tool(ledger_tool("once", EffectClass::irreversible, false, ledger))
      .tool(ledger_tool("seen", EffectClass::irreversible, true, ledger))
      .tool(ledger_tool("undoable", EffectClass::reversible, true, ledger))
      .tool(ledger_tool("again", EffectClass::idempotent, false, ledger));
  return builder.build().value();
}

template <class T>
T block(const Harness& harness, boost::asio::awaitable<T> operation) {
  return boost::asio::co_spawn(harness.executor(), std::move(operation), boost::asio::use_future).get();
}

// The other process. Not a test of its own.
TEST(KillVictim, CarriesOutOneRun) {
  const char* folder = std::getenv("ORCHESTRATOR_KILL_FOLDER");
  if (folder == nullptr) GTEST_SKIP() << "the process that is killed; started by the tests of this program";
  Harness harness = victim_harness(std::getenv("ORCHESTRATOR_KILL_STORE"), folder);
  const auto known = block(harness, harness.store()->list(RunFilter{})).value();
  auto run = known.empty() ? harness.session().run("Go").approval(ApprovalMode::never).start()
                           : harness.resume_run(known.front().run_id);
  if (!run && run.error().code == "run_not_active") return;  // it had ended before the kill
  ASSERT_TRUE(run) << run.error().code << ": " << run.error().message;
  const auto result = run->wait();
  ASSERT_TRUE(result) << result.error().message;
  EXPECT_TRUE(result->is_completed());
}

Fate spawn_victim(const std::string& kind, const std::string& folder, int kill_at) {
  return run_victim({.test = "KillVictim.*",
                     .folder = folder,
                     .environment = {"ORCHESTRATOR_KILL_FOLDER=" + folder, "ORCHESTRATOR_KILL_STORE=" + kind},
                     .kill_at = kill_at});
}

struct CallFate {
  std::string tool;
  std::string key;
  std::optional<ToolOutcome> outcome;
};

void check_run(const std::string& kind, const std::string& folder, const std::string& how) {
  Harness harness = victim_harness(kind, folder);
  const auto runs = block(harness, harness.store()->list(RunFilter{})).value();
  ASSERT_EQ(runs.size(), 1U) << how;
  auto reader = harness.open_run(runs.front().run_id).value();
  event::JournalInvariants invariants;
  std::map<std::string, CallFate> calls;
  for (const StreamEvent& event : reader.events()) {
    invariants.add(event);
    if (const auto* requested = event.get_if<StreamEvent::ToolCallRequested>()) {
      calls[requested->call_id].tool = requested->tool;
    }
    if (const auto* started = event.get_if<StreamEvent::ToolCallStarted>()) {
      calls[started->call_id].key = started->idempotency_key;
    }
    if (const auto* finished = event.get_if<StreamEvent::ToolCallFinished>()) {
      calls[finished->call_id].outcome = finished->outcome;
    }
  }
  invariants.check_complete();
  for (const auto& violation : invariants.violations()) ADD_FAILURE() << how << ": " << violation.str();

  std::map<std::string, int> happened;
  for (const std::string& key : read_ledger(folder + "/ledger")) happened[key] += 1;
  for (const auto& [call_id, call] : calls) {
    const int times = happened[call.key];
    if (call.tool == "again") {
      EXPECT_GE(times, 1) << how;
      EXPECT_EQ(call.outcome, ToolOutcome::ok) << how;
      continue;
    }
    EXPECT_LE(times, 1) << how << ": " << call.tool << " happened twice";
    if (call.outcome == ToolOutcome::ok) EXPECT_EQ(times, 1) << how << ": " << call.tool;
    // Of a call that can be looked at, the truth is always found.
    if (call.tool != "once") EXPECT_EQ(call.outcome, ToolOutcome::ok) << how << ": " << call.tool;
  }
  EXPECT_EQ(calls.size(), 4U) << how;
  for (const auto& [key, times] : happened) {
    const bool is_known = std::ranges::any_of(calls, [&](const auto& call) { return call.second.key == key; });
    EXPECT_TRUE(is_known) << how << ": something happened without its intent in the journal";
  }
}

// One run, whose first process dies at `first`, and each later one at a point that `choose` draws (0: it lives).
// Returns how many died.
template <class Choose>
int play(const std::string& kind, int first, const std::string& how, Choose choose) {
  const TemporaryFolder folder(FolderPlace::memory);
  int kills = 0;
  for (int process = 0; process < kProcessesMax; ++process) {
    const Fate fate = spawn_victim(kind, folder.path(), process == 0 ? first : choose());
    if (fate == Fate::failed) {
      ADD_FAILURE() << how << ": a process failed: " << runtime::testing::read_file(folder.path() + "/output");
      return kills;
    }
    if (fate == Fate::ended) {
      check_run(kind, folder.path(), how);
      return kills;
    }
    kills += 1;
  }
  ADD_FAILURE() << how << ": the run does not come to an end";
  return kills;
}

class Kill : public testing::TestWithParam<std::string> {};

TEST_P(Kill, AtEveryPointOfTheFirstProcess) {
  int points = 0;
  while (play(GetParam(), points + 1, "killed at point " + std::to_string(points + 1), [] { return 0; }) > 0)
    points += 1;
  EXPECT_GT(points, 60);
  RecordProperty("points", points);
}

TEST_P(Kill, AgainAndAgain) {
  std::mt19937 draw(20'260'101);
  const int wanted = kills_wanted() / 2;
  int kills = 0;
  for (int round = 0; kills < wanted; ++round) {
    const int first = static_cast<int>(draw() % 100) + 1;
    kills += play(GetParam(), first, "round " + std::to_string(round), [&] { return static_cast<int>(draw() % 60); });
    if (HasFailure()) break;
  }
  EXPECT_GE(kills, wanted);
}

INSTANTIATE_TEST_SUITE_P(Stores, Kill, testing::Values("jsonl", "sqlite"), [](const auto& kind) { return kind.param; });

}  // namespace
}  // namespace orchestrator::harness::kills
