// SPDX-License-Identifier: Apache-2.0
// Goal: a run's calls are taken back as the plan said, in reverse order, by a run of its own that can be taken back and
// gone on with; what others changed stays unless a person agreed to lose exactly that. Method: the built-in tools on a
// real folder, through the whole harness.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>

#include "runtime/testing/temporary_folder.hpp"
#include "scripted_harness.hpp"

namespace orchestrator::harness::integration {
namespace {

namespace fs = std::filesystem;
using runtime::testing::FolderPlace;
using runtime::testing::read_file;
using runtime::testing::TemporaryFolder;
using runtime::testing::write_file;

constexpr const char* kScript = R"({"turns":[
  {"tool_calls":[{"id":"c1","name":"make_directory","arguments":{"path":"src"}},
                 {"id":"c2","name":"write_file","arguments":{"path":"src/new.txt","content":"new"}}]},
  {"tool_calls":[{"id":"c3","name":"edit_file","arguments":{"path":"a.txt","old":"one","new":"two"}},
                 {"id":"c4","name":"read_file","arguments":{"path":"a.txt"}}]},
  {"tool_calls":[{"id":"c5","name":"move_file","arguments":{"from":"src","to":"lib"}},
                 {"id":"c6","name":"delete_file","arguments":{"path":"b.txt"}},
                 {"id":"c7","name":"edit_file","arguments":{"path":"lib/new.txt","old":"new","new":"newer"}}]},
  {"text":"Done."}]})";

class Undo : public testing::Test {
 protected:
  Undo() {
    fs::create_directory(folder_.path("ws"));
    write_file(folder_.path("ws/a.txt"), "one\n");
    write_file(folder_.path("ws/b.txt"), "bee\n");
    fs::permissions(folder_.path("ws/b.txt"), fs::perms::owner_all);
    before_ = tree();
  }

  std::map<std::string, std::string> tree(const std::string& folder = "ws") const {
    std::map<std::string, std::string> entries;
    for (const auto& entry : fs::recursive_directory_iterator(folder_.path(folder))) {
      const auto mode = static_cast<int>(fs::status(entry).permissions());
      entries[entry.path().string().substr(folder_.path(folder).size())] =
          std::to_string(mode) + (entry.is_directory() ? "/" : " " + read_file(entry.path().string()));
    }
    return entries;
  }

  HarnessBuilder builder(const std::string& script = kScript) const {
    HarnessBuilder made = scripted_builder(script);
    made.store("jsonl:" + folder_.path("store"));
    for (const auto& tool : workspace_tools()) made.tool(tool);
    return made;
  }

  std::pair<RunId, std::vector<StreamEvent>> act(Harness& harness) const {
    auto run = harness.session().run("Go").workspace(folder_.path("ws")).approval(ApprovalMode::never).start().value();
    return {run.id(), all_events(run)};
  }

  static std::vector<StreamEvent> undo(Harness& harness, RunId id, UndoOptions options = {}) {
    auto plan = harness.plan_undo(id, options).value();
    auto run = harness.undo(id, std::move(plan), options).value();
    return all_events(run);
  }
  static bool is_undone(const std::vector<StreamEvent>& events) {
    const auto completed = of_type<StreamEvent::Completed>(events);
    return completed.size() == 1 && completed[0].finish_reason == FinishReason::undone;
  }

  const TemporaryFolder folder_{FolderPlace::memory};
  std::map<std::string, std::string> before_;
};

std::string ids_of(const events::UndoPlanned& plan) {
  std::string ids;
  for (const UndoStep& step : plan.steps) {
    ids += (ids.empty() ? "" : " ") + step.call_id + (step.verdict == UndoVerdict::restorable ? "" : "!");
  }
  return ids;
}

TEST_F(Undo, WhatIsGoneFromTheStoreCannotBeTakenBack) {
  Harness harness = builder().build().value();
  const auto [id, acted] = act(harness);
  const auto after = tree();
  fs::remove_all(folder_.path("store/blobs"));
  fs::create_directory(folder_.path("store/blobs"));
  const auto plan = harness.plan_undo(id).value();
  for (const UndoStep& step : plan.steps) {
    const bool restores_content = step.call_id == "c7" || step.call_id == "c6" || step.call_id == "c3";
    EXPECT_EQ(step.reason.find("its content is gone") != std::string::npos, restores_content) << step.call_id;
    if (restores_content) EXPECT_EQ(step.verdict, UndoVerdict::not_undoable) << step.call_id;
  }
  EXPECT_EQ(plan.steps.size(), 6U);
  EXPECT_EQ(tree(), after);

  // Where nothing is to be done, nothing of it is needed.
  write_file(folder_.path("ws/a.txt"), "one\n");
  const auto again = harness.plan_undo(id).value();
  const auto edit = std::ranges::find(again.steps, "c3", &UndoStep::call_id);
  ASSERT_NE(edit, again.steps.end());
  EXPECT_EQ(edit->verdict, UndoVerdict::nothing_to_do);
}

TEST_F(Undo, AllOfARunIsTakenBackAndTheUndoToo) {
  Harness harness = builder().build().value();
  const auto [id, acted] = act(harness);
  const auto after = tree();
  ASSERT_NE(after, before_);
  ASSERT_TRUE(fs::exists(folder_.path("ws/lib/new.txt")));

  const auto plan = harness.plan_undo(id).value();
  EXPECT_EQ(ids_of(plan), "c7 c6 c5 c3 c2 c1");  // what only read is left out
  EXPECT_EQ(tree(), after);                      // a plan changes nothing

  auto run = harness.undo(id, plan).value();
  const RunId undo_id = run.id();
  const auto events = all_events(run);
  EXPECT_TRUE(is_undone(events));
  EXPECT_EQ(tree(), before_);
  const auto started = of_type<StreamEvent::RunStarted>(events).at(0);
  EXPECT_EQ(started.kind, RunKind::undo);
  EXPECT_EQ(started.parent->run_id, id);
  EXPECT_EQ(started.parent->seq, acted.back().meta.seq);
  EXPECT_EQ(of_type<StreamEvent::CompensationStarted>(events).size(), 6U);

  // Once more there is nothing to do, and that is an undo as well.
  const auto again = harness.plan_undo(id).value();
  for (const UndoStep& step : again.steps) EXPECT_EQ(step.verdict, UndoVerdict::nothing_to_do) << step.call_id;
  EXPECT_TRUE(is_undone(undo(harness, id)));
  EXPECT_EQ(tree(), before_);

  EXPECT_EQ(ids_of(harness.plan_undo(undo_id).value()), "c1 c2 c3 c5 c6 c7");
  EXPECT_TRUE(is_undone(undo(harness, undo_id)));
  EXPECT_EQ(tree(), after);
  EXPECT_TRUE(is_undone(undo(harness, id)));
  EXPECT_EQ(tree(), before_);
}

TEST_F(Undo, AnotherProcessWithoutToolsTakesBackWhatCameAfterAPoint) {
  RunId id;
  std::uint64_t seq = 0;
  {
    Harness harness = builder().build().value();
    auto acted = act(harness);
    id = acted.first;
    for (const StreamEvent& event : acted.second) {
      const auto* finished = event.get_if<StreamEvent::ToolCallFinished>();
      if (finished != nullptr && finished->call_id == "c3") seq = event.meta.seq;
    }
  }
  Harness harness = HarnessBuilder().store("jsonl:" + folder_.path("store")).build().value();
  UndoOptions options;
  options.to_seq = seq;
  EXPECT_EQ(ids_of(harness.plan_undo(id, options).value()), "c7 c6 c5");
  EXPECT_TRUE(is_undone(undo(harness, id, options)));
  EXPECT_EQ(read_file(folder_.path("ws/src/new.txt")), "new");
  EXPECT_EQ(read_file(folder_.path("ws/a.txt")), "two\n");
  EXPECT_EQ(read_file(folder_.path("ws/b.txt")), "bee\n");
  EXPECT_TRUE(is_undone(undo(harness, id)));
  EXPECT_EQ(tree(), before_);
}

TEST_F(Undo, WhatOthersChangedStaysUnlessAgreed) {
  Harness harness = builder().build().value();
  const auto [id, acted] = act(harness);
  write_file(folder_.path("ws/a.txt"), "mine\n");
  auto plan = harness.plan_undo(id).value();
  EXPECT_EQ(ids_of(plan), "c7 c6 c5 c3! c2 c1");
  ASSERT_EQ(plan.steps[3].verdict, UndoVerdict::conflict);
  ASSERT_EQ(plan.steps[3].conflicts.size(), 1U);
  EXPECT_EQ(plan.steps[3].conflicts[0].target, "a.txt");
  EXPECT_EQ(plan.steps[3].conflicts[0].expected, sha256("two\n"));
  EXPECT_EQ(plan.steps[3].conflicts[0].found, sha256("mine\n"));

  const auto events = undo(harness, id);
  EXPECT_EQ(of_type<StreamEvent::Error>(events).at(0).error.code, "undo_incomplete");
  EXPECT_EQ(read_file(folder_.path("ws/a.txt")), "mine\n");
  EXPECT_FALSE(fs::exists(folder_.path("ws/src")));

  // Consent is to what was shown: what came since is not overwritten.
  UndoOptions options;
  options.overwrite.targets = {"a.txt"};
  plan = harness.plan_undo(id, options).value();
  EXPECT_TRUE(plan.steps[3].overwrites);
  write_file(folder_.path("ws/a.txt"), "mine again\n");
  auto stale = harness.undo(id, plan, options).value();
  EXPECT_EQ(of_type<StreamEvent::Error>(all_events(stale)).at(0).error.code, "undo_incomplete");
  EXPECT_EQ(read_file(folder_.path("ws/a.txt")), "mine again\n");

  plan = harness.plan_undo(id, options).value();
  auto agreed = harness.undo(id, plan, options).value();
  const RunId agreed_id = agreed.id();
  EXPECT_TRUE(is_undone(all_events(agreed)));
  EXPECT_EQ(tree(), before_);
  EXPECT_TRUE(is_undone(undo(harness, agreed_id)));
  EXPECT_EQ(read_file(folder_.path("ws/a.txt")), "mine again\n");
}

TEST_F(Undo, WhatCannotBeTakenBackIsNamed) {
  Harness harness =
      builder(R"({"turns":[
    {"tool_calls":[{"id":"c1","name":"write_file","arguments":{"path":"a.txt","content":"x"}},
                   {"id":"c2","name":"gone","arguments":{}}]},{"text":"Done."}]})")
          .tool([] {
            struct Gone : Tool {
              ToolSpec declared{.name = "gone", .description = "d", .input_schema = {R"({"type":"object"})"}};
              const ToolSpec& spec() const override { return declared; }
              Awaitable<ToolResult> execute(ToolCall, ToolPreparation, ToolContext) override {
                co_return ToolResult::text("gone");
              }
            };
            return std::make_shared<Gone>();
          }())
          .build()
          .value();
  const auto [id, acted] = act(harness);
  const auto plan = harness.plan_undo(id).value();
  ASSERT_EQ(plan.steps.size(), 2U);
  EXPECT_EQ(plan.steps[0].verdict, UndoVerdict::not_undoable);
  EXPECT_EQ(plan.steps[0].reason, "calls of gone cannot be taken back: it is irreversible");
  const auto events = undo(harness, id);
  EXPECT_EQ(of_type<StreamEvent::Error>(events).at(0).error.code, "undo_incomplete");
  EXPECT_EQ(of_type<StreamEvent::CompensationFinished>(events).at(0).outcome, CompensationOutcome::not_undoable);
  EXPECT_EQ(tree(), before_);  // the rest was taken back all the same
}

TEST_F(Undo, OnlyAPlanOfAnEndedRunIsCarriedOut) {
  Harness harness = builder().build().value();
  const auto [id, acted] = act(harness);
  auto plan = harness.plan_undo(id).value();
  auto shorter = plan;
  shorter.steps.pop_back();
  EXPECT_EQ(harness.undo(id, shorter).error().code, "invalid_argument");
  auto forged = plan;
  forged.steps[0].tool = "write_file";
  EXPECT_EQ(harness.undo(id, forged).error().code, "invalid_argument");
  UndoOptions options;
  options.to_label = "nowhere";
  EXPECT_EQ(harness.plan_undo(id, options).error().code, "invalid_argument");
  options = {};
  options.to_seq = 10'000;
  EXPECT_EQ(harness.plan_undo(id, options).error().code, "invalid_argument");
  EXPECT_EQ(harness.plan_undo(RunId()).error().code, "run_not_found");
  fs::rename(folder_.path("ws"), folder_.path("elsewhere"));
  EXPECT_EQ(harness.plan_undo(id).error().code, "configuration_invalid");
}

// A process may die after any line of an undo's journal: whoever goes on comes to the same end.
TEST_F(Undo, GoesOnAfterAnyLineOfItsJournal) {
  const auto restore = [&](const std::string& from, const std::string& to) {
    fs::remove_all(folder_.path(to));
    fs::copy(folder_.path(from), folder_.path(to), fs::copy_options::recursive);
  };
  RunId id;
  {
    Harness harness = builder().build().value();
    id = act(harness).first;
  }
  restore("ws", "world");
  restore("store", "acted");
  const auto in_store = [&] { return HarnessBuilder().store("jsonl:" + folder_.path("store")).build().value(); };

  // The world with none, one, ... of the steps done.
  const auto plan = in_store().plan_undo(id).value();
  for (std::size_t done = 0; done <= plan.steps.size(); ++done) {
    restore("world", "ws");
    restore("acted", "store");
    Harness harness = in_store();
    UndoOptions options;
    options.to_seq = done < plan.steps.size() ? plan.steps[done].seq : 0;
    EXPECT_TRUE(is_undone(undo(harness, id, options)));
    restore("ws", "world" + std::to_string(done));
  }

  restore("world", "ws");
  restore("acted", "store");
  RunId undo_id;
  {
    Harness harness = in_store();
    auto run = harness.undo(id, plan).value();
    undo_id = run.id();
    all_events(run);
  }
  restore("store", "whole");
  const std::string journal = "/runs/" + undo_id.str() + "/journal.jsonl";
  const std::string lines = read_file(folder_.path("whole") + journal);
  int resumed = 0;
  std::size_t started = 0;
  std::size_t finished = 0;
  for (std::size_t begin = 0, end = lines.find('\n'); end + 1 < lines.size(); end = lines.find('\n', begin)) {
    const std::string line = lines.substr(begin, end - begin);
    begin = end + 1;
    if (line.find("\"CompensationStarted\"") != std::string::npos) started += 1;
    if (line.find("\"CompensationFinished\"") != std::string::npos) finished += 1;
    // The world is where the journal is, or ahead of it by the step under way.
    for (std::size_t done = finished; done <= started; ++done) {
      restore("whole", "store");
      write_file(folder_.path("store") + journal, lines.substr(0, begin));
      restore("world" + std::to_string(done), "ws");
      Harness harness = in_store();
      auto run = harness.resume_run(undo_id);
      ASSERT_TRUE(run) << run.error().message;
      ASSERT_TRUE(run->wait()) << "no end";
      EXPECT_EQ(tree(), before_) << finished << " finished, " << done << " done";
      auto reader = harness.open_run(undo_id).value();
      EXPECT_TRUE(is_undone(all_events(reader)));
      resumed += 1;
    }
  }
  EXPECT_GT(resumed, 12);
}

}  // namespace
}  // namespace orchestrator::harness::integration
