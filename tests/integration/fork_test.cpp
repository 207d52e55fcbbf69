// SPDX-License-Identifier: Apache-2.0
// Goal: a stored run is forked at any of its events by any harness of its store, goes on with what is put in place of
// what it had, and leaves the run as it was. Method: scripted runs with a tool, in files and in memory.
#include <atomic>
#include <filesystem>
#include <fstream>

#include "orchestrator/harness/context_manifest.hpp"
#include "orchestrator/harness/make_tool.hpp"
#include "runtime/testing/run_awaitable.hpp"
#include "runtime/testing/temporary_folder.hpp"
#include "scripted_harness.hpp"

namespace orchestrator::harness::integration {
namespace {

constexpr const char* kTwoCalls =
    R"({"turns":[{"text":"Let me see.","tool_calls":[{"id":"c1","name":"act","arguments":{"n":1}},
                                                     {"id":"c2","name":"act","arguments":{"n":2}}]},
                 {"text":"Done."},{"text":"Done again."}]})";

std::shared_ptr<Tool> counting_tool(std::atomic<int>& calls, ApprovalNeed approval = ApprovalNeed::none,
                                    EffectClass effect_class = EffectClass::irreversible) {
  ToolSpec spec;
  spec.name = "act";
  spec.description = "For a test.";
  spec.input_schema = {R"({"type":"object"})"};
  spec.effect_class = effect_class;
  spec.approval = approval;
  return make_blocking_tool(std::move(spec), [&calls](ToolCall, const ToolContext&) {
    calls += 1;
    return ToolResult::text("done");
  });
}

template <class T>
T now(boost::asio::awaitable<T> operation) {
  boost::asio::io_context io;
  return runtime::testing::run_awaitable(io, std::move(operation));
}

std::vector<StreamEvent> events_of(Harness& harness, const RunId& id) {
  auto run = harness.open_run(id).value();
  return rest_of(run);
}

std::uint64_t seq_of(const std::vector<StreamEvent>& events, std::string_view type) {
  for (const StreamEvent& event : events) {
    if (event.type() == type) return event.meta.seq;
  }
  ADD_FAILURE() << "there is no " << type;
  return 0;
}

// What the fork has, read behind what its source has up to the point: the invariants of both hold.
std::vector<StreamEvent> whole_fork(Harness& harness, RunHandle& fork, const std::vector<StreamEvent>& source) {
  std::vector<StreamEvent> events = rest_of(fork);
  const auto* started = events.at(0).get_if<StreamEvent::RunStarted>();
  event::JournalInvariants invariants;
  for (const StreamEvent& event : source) {
    if (event.meta.seq <= started->parent->seq) invariants.add(event);
  }
  for (const StreamEvent& event : events) invariants.add(event);
  invariants.check_complete();
  for (const auto& violation : invariants.violations()) ADD_FAILURE() << violation.str();
  EXPECT_EQ(events_of(harness, fork.id()).size(), events.size());
  return events;
}

struct Played {
  std::atomic<int> calls = 0;
  std::optional<Harness> harness;
  RunId id;
  std::vector<StreamEvent> events;
};
void play(Played& played, HarnessBuilder builder, EffectClass effect_class = EffectClass::irreversible) {
  played.harness.emplace(builder.tool(counting_tool(played.calls, ApprovalNeed::none, effect_class)).build().value());
  auto run = played.harness->session().run("Hi").start().value();
  played.id = run.id();
  played.events = all_events(run);
}

TEST(Fork, GoesOnFromEveryEventOfAStoredRun) {
  const runtime::testing::TemporaryFolder folder(runtime::testing::FolderPlace::memory);
  Played played;
  play(played, scripted_builder(kTwoCalls).store("jsonl:" + folder.path()), EffectClass::pure);
  ASSERT_EQ(played.calls, 2);
  for (const StreamEvent& event : played.events) {
    SCOPED_TRACE("forked at event " + std::to_string(event.meta.seq));
    auto fork = played.harness->fork(played.id, {.at_seq = event.meta.seq});
    if (!fork) {
      EXPECT_EQ(fork.error().code, "precondition_failed");
      EXPECT_GE(event.meta.seq, seq_of(played.events, "Completed") - 4) << fork.error().message;
      continue;
    }
    const auto events = whole_fork(*played.harness, *fork, played.events);
    EXPECT_EQ(of_type<StreamEvent::Completed>(events).at(0).output, "Done.");
    EXPECT_EQ(events.at(1).type(), "RunForked");
  }
  EXPECT_EQ(events_of(*played.harness, played.id), played.events);
}

TEST(Fork, NamesItsSourceAndIsFoundThere) {
  Played played;
  play(played, scripted_builder(kTwoCalls));
  const std::uint64_t at = seq_of(played.events, "ToolCallFinished");
  auto fork = played.harness->fork(played.id, {.at_seq = at}).value();
  const auto events = whole_fork(*played.harness, fork, played.events);
  const auto started = of_type<StreamEvent::RunStarted>(events).at(0);
  EXPECT_EQ(started.kind, RunKind::fork);
  EXPECT_EQ(started.parent->run_id, played.id);
  EXPECT_EQ(started.parent->seq, at);
  EXPECT_NE(fork.session_id(), played.events.front().meta.session_id);
  EXPECT_EQ(played.calls, 3) << "the first call is not made again";
  auto second = played.harness->fork(fork.id(), {.at_seq = seq_of(events, "ModelSelected")}).value();
  EXPECT_EQ(second.wait().value().text, "Done.");
  EXPECT_EQ(played.harness->forks_of(played.id).value(), std::vector<RunId>{fork.id()});
  EXPECT_EQ(played.harness->forks_of(fork.id()).value(), std::vector<RunId>{second.id()});
}

TEST(Fork, TakesWhatIsPutInPlace) {
  Played played;
  play(played, scripted_builder(kTwoCalls));
  SubstitutedResult result;
  result.call_id = "c2";
  result.result.emplace_back(TextPart{"something else"});
  ForkOptions options;
  options.at_seq = seq_of(played.events, "ToolCallFinished");
  options.system = "Be brief.";
  options.tool_results.push_back(std::move(result));
  auto fork = played.harness->fork(played.id, std::move(options)).value();
  const auto events = whole_fork(*played.harness, fork, played.events);
  EXPECT_EQ(played.calls, 2) << "the second call is told, not made";
  const auto forked = of_type<StreamEvent::RunForked>(events).at(0);
  EXPECT_EQ(forked.changed, (std::vector<std::string>{"system", "tool_result"}));
  const auto manifest = now(context_manifest(played.harness->store(), fork.id(), 0)).value();
  std::string previews;
  for (const ContextItem& item : manifest.items) previews += item.preview + ";";
  EXPECT_NE(previews.find("something else"), std::string::npos) << previews;
  EXPECT_NE(previews.find("Hi;"), std::string::npos) << previews;
}

TEST(Fork, AHintGoesOnAfterTheEndAndTheSessionGoesOnAfterTheFork) {
  Played played;
  play(played, scripted_builder(kTwoCalls));
  EXPECT_EQ(played.harness->fork(played.id).error().code, "precondition_failed");
  auto fork = played.harness->fork(played.id, {.hints = {"And then?"}}).value();
  const auto events = whole_fork(*played.harness, fork, played.events);
  EXPECT_EQ(of_type<StreamEvent::Completed>(events).at(0).output, "Done again.");
  const auto session = played.harness->open_session(fork.session_id()).value();
  std::string texts;
  for (const ConversationItem& item : session.history()) texts += text_of(item) + ";";
  EXPECT_TRUE(texts.starts_with("Hi;")) << texts;
  EXPECT_TRUE(texts.ends_with("Done.;And then?;Done again.;")) << texts;
}

TEST(Fork, IsGoneOnWithByAnotherHarness) {
  const runtime::testing::TemporaryFolder folder(runtime::testing::FolderPlace::memory);
  const std::string store = "jsonl:" + folder.path();
  std::atomic<int> calls = 0;
  const auto tool = counting_tool(calls, ApprovalNeed::ask);
  RunId fork_id;
  InterruptId interrupt;
  {
    Harness first = scripted_builder(kTwoCalls).store(store).tool(tool).build().value();
    auto run = first.session().run("Hi").start().value();
    const auto raised = read_until<StreamEvent::InterruptRaised>(run);
    ASSERT_TRUE(run.control().detach());
    auto fork = first.fork(run.id()).value();
    fork_id = fork.id();
    interrupt = read_until<StreamEvent::InterruptRaised>(fork).interrupt_id;
    EXPECT_NE(interrupt, raised.interrupt_id);
    ASSERT_TRUE(fork.control().detach());
  }
  Harness second = scripted_builder(kTwoCalls).store(store).tool(tool).build().value();
  ASSERT_TRUE(second.answer_orphan(fork_id, {.interrupt_id = interrupt, .decision = InterruptDecision::allow_run}));
  auto resumed = second.resume_run(fork_id);
  ASSERT_TRUE(resumed) << resumed.error().message;
  EXPECT_EQ(resumed->wait().value().text, "Done.");
  EXPECT_EQ(calls, 2);
}

TEST(Fork, ARuleSaysWhatTheForkIsTold) {
  GateRule rule;
  rule.name = "words";
  rule.mode = GateMode::enforcing;
  rule.phases = {GatePhase::input, GatePhase::output};
  rule.check = KeywordCheck{{"Hi", "Done"}};
  Played played;
  play(played, scripted_builder(kTwoCalls).safety({{rule}}));
  EXPECT_EQ(of_type<StreamEvent::Error>(played.events).at(0).error.code, "gate_blocked");
  ForkOptions as_it_is;
  as_it_is.at_seq = 1;
  auto again = played.harness->fork(played.id, as_it_is).value();
  EXPECT_EQ(of_type<StreamEvent::Error>(rest_of(again)).at(0).error.code, "gate_blocked");
  ForkOptions told = as_it_is;
  told.gate_decisions.push_back({"words", true});
  auto fork = played.harness->fork(played.id, told).value();
  const auto events = whole_fork(*played.harness, fork, played.events);
  EXPECT_EQ(of_type<StreamEvent::Completed>(events).at(0).output, "Done.");
  for (const auto& verdict : of_type<StreamEvent::GateEvaluated>(events)) EXPECT_TRUE(verdict.passed);
}

TEST(Fork, SaysWhereTheFilesAreNotAsTheyWere) {
  const runtime::testing::TemporaryFolder folder(runtime::testing::FolderPlace::memory);
  std::ofstream(folder.path() + "/a.txt") << "old";
  HarnessBuilder builder = scripted_builder(
      R"({"turns":[{"tool_calls":[{"id":"c1","name":"write_file","arguments":{"path":"a.txt","content":"new"}}]},
                   {"text":"Done."}]})");
  for (auto& tool : workspace_tools()) builder.tool(std::move(tool));
  Harness harness = builder.build().value();
  auto run = harness.session()
                 .run("Hi")
                 .workspace(folder.path())
                 .tools({"read_file", "write_file"})
                 .approval(ApprovalMode::never)
                 .start()
                 .value();
  const auto events = all_events(run);
  ASSERT_EQ(of_type<StreamEvent::ToolCallFinished>(events).at(0).outcome, ToolOutcome::ok);
  const auto forked_at = [&](std::uint64_t seq) {
    auto fork = harness.fork(run.id(), {.at_seq = seq}).value();
    return of_type<StreamEvent::RunForked>(rest_of(fork)).at(0);
  };
  const std::uint64_t before_call = seq_of(events, "ToolCallStarted") - 1;
  const auto before = forked_at(before_call);
  EXPECT_EQ(before.workspace, ForkWorkspace::not_restored);
  ASSERT_EQ(before.workspace_notes.size(), 2U);
  EXPECT_TRUE(before.workspace_notes[0].starts_with("a.txt is not as it was")) << before.workspace_notes[0];
  EXPECT_NE(before.workspace_notes[1].find("orchestrator fork " + run.id().str()), std::string::npos);
  EXPECT_EQ(forked_at(seq_of(events, "ToolCallFinished")).workspace, ForkWorkspace::as_found);

  const UndoOptions options{.to_seq = before_call};
  const auto plan = harness.plan_undo(run.id(), options).value();
  auto undo = harness.undo(run.id(), plan, options).value();
  ASSERT_TRUE(undo.wait().has_value());
  const auto restored = forked_at(before_call);
  EXPECT_EQ(restored.workspace, ForkWorkspace::restored);
  ASSERT_EQ(restored.workspace_notes.size(), 1U);
  EXPECT_NE(restored.workspace_notes[0].find(undo.id().str()), std::string::npos);
  auto redo = harness.undo(undo.id(), harness.plan_undo(undo.id()).value()).value();
  ASSERT_TRUE(redo.wait().has_value());
  EXPECT_EQ(forked_at(before_call).workspace, ForkWorkspace::not_restored);
}

TEST(Fork, RefusesWhatIsNotThere) {
  Played played;
  play(played, scripted_builder(kTwoCalls));
  EXPECT_EQ(played.harness->fork(RunId::make(1, 2, 3)).error().code, "run_not_found");
  EXPECT_EQ(played.harness->fork(played.id, {.at_seq = 10'000}).error().code, "invalid_argument");
  ForkOptions other_model;
  other_model.at_seq = 2;
  other_model.model = "nobody/x";
  EXPECT_EQ(played.harness->fork(played.id, other_model).error().code, "unknown_provider");
  const auto listed = now(played.harness->store()->list(RunFilter{})).value();
  EXPECT_EQ(listed.size(), 1U) << "a refused fork leaves nothing behind";
}

}  // namespace
}  // namespace orchestrator::harness::integration
