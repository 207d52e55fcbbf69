// SPDX-License-Identifier: Apache-2.0
// Goal: tools run through the whole harness as their declarations say: checked, asked about, journaled before they act,
// stopped when asked, and gone on with by another harness.
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <atomic>
#include <thread>

#include "orchestrator/harness/awaitable.hpp"
#include "runtime/testing/temporary_folder.hpp"
#include "scripted_harness.hpp"

namespace orchestrator::harness::integration {
namespace {

// A tool whose parts are set by the test. Its calls are counted.
class TestTool : public Tool {
 public:
  explicit TestTool(std::string name, EffectClass effect_class = EffectClass::irreversible,
                    ApprovalNeed approval = ApprovalNeed::none) {
    spec_.name = std::move(name);
    spec_.description = "For a test.";
    spec_.input_schema = {R"({"type":"object","properties":{"n":{"type":"integer"}}})"};
    spec_.effect_class = effect_class;
    spec_.approval = approval;
  }
  ToolSpec& declare() { return spec_; }
  const ToolSpec& spec() const override { return spec_; }
  Awaitable<std::expected<ToolPreparation, ToolError>> prepare(ToolCall, ToolContext) override {
    prepared += 1;
    co_return preparation;
  }
  Awaitable<ToolResult> execute(ToolCall call, ToolPreparation, ToolContext context) override {
    executed += 1;
    last_key = context.idempotency_key;
    has_workspace = context.workspace != nullptr;
    if (hangs) {
      boost::asio::steady_timer forever(co_await boost::asio::this_coro::executor);
      forever.expires_at(std::chrono::steady_clock::time_point::max());
      co_await forever.async_wait(boost::asio::use_awaitable);
    }
    if (throws) throw std::runtime_error("it broke");
    if (!written.empty()) context.output->write(written);
    co_return result ? *result : ToolResult::text("did " + call.arguments.text);
  }
  Awaitable<ToolVerdict> verify(ToolCall, std::optional<UndoRecord>, ToolContext) override {
    verified += 1;
    co_return verdict;
  }

  std::atomic<int> prepared = 0;
  std::atomic<int> executed = 0;
  std::atomic<int> verified = 0;
  std::string last_key;
  std::string written;
  bool has_workspace = false;
  bool hangs = false;
  bool throws = false;
  ToolPreparation preparation;
  std::optional<ToolResult> result;
  ToolVerdict verdict;

 private:
  ToolSpec spec_;
};

constexpr const char* kOneCall =
    R"({"turns":[{"tool_calls":[{"id":"c1","name":"act","arguments":{"n":1}}]},{"text":"Done."}]})";

struct Acted {
  std::vector<StreamEvent> events;
  events::ToolCallFinished finished;
};
Acted act(const std::shared_ptr<TestTool>& tool, const std::string& script = kOneCall) {
  Harness harness = scripted_builder(script).tool(tool).build().value();
  auto run = harness.session().run("Hi").start().value();
  Acted acted{all_events(run), {}};
  const auto finished = of_type<StreamEvent::ToolCallFinished>(acted.events);
  if (!finished.empty()) acted.finished = finished.back();
  return acted;
}

std::string text_of_parts(const std::vector<ContentPart>& parts) {
  return text_of(ConversationItem{MessageItem{Role::user, parts, {}}, {}});
}

TEST(Tools, ACallGoesThroughTheWholeLoop) {
  auto tool = std::make_shared<TestTool>("act");
  const Acted acted = act(tool);
  EXPECT_EQ(tool->executed, 1);
  EXPECT_EQ(text_of_parts(acted.finished.result), R"(did {"n":1})");
  EXPECT_EQ(of_type<StreamEvent::Completed>(acted.events).at(0).output, "Done.");
  const auto started = of_type<StreamEvent::ToolCallStarted>(acted.events);
  ASSERT_EQ(started.size(), 1U);
  EXPECT_EQ(started[0].idempotency_key, tool->last_key);
  EXPECT_EQ(of_type<StreamEvent::RunStarted>(acted.events).at(0).tools.at(0).name, "act");
}

TEST(Tools, BadArgumentsNeverReachTheTool) {
  auto tool = std::make_shared<TestTool>("act");
  const Acted acted =
      act(tool, R"({"turns":[{"tool_calls":[{"id":"c1","name":"act","arguments":{"n":"one"}}]},{"text":"Sorry."}]})");
  EXPECT_EQ(tool->prepared + tool->executed, 0);
  EXPECT_EQ(acted.finished.error->code, "tool_args_invalid");
  EXPECT_NE(acted.finished.error->message.find("/n"), std::string::npos) << acted.finished.error->message;
  EXPECT_TRUE(of_type<StreamEvent::ToolCallStarted>(acted.events).empty());
}

TEST(Tools, AThrowingToolFailsItsCallAndNothingElse) {
  auto tool = std::make_shared<TestTool>("act", EffectClass::pure);
  tool->throws = true;
  EXPECT_EQ(act(tool).finished.error->code, "tool_failed");
  auto irreversible = std::make_shared<TestTool>("act");
  irreversible->throws = true;
  EXPECT_EQ(act(irreversible).finished.outcome, ToolOutcome::unknown);  // it may have acted before it threw
}

TEST(Tools, ATimeoutStopsTheCall) {
  for (const auto& [effect_class, outcome] :
       {std::pair{EffectClass::pure, ToolOutcome::error}, std::pair{EffectClass::irreversible, ToolOutcome::unknown}}) {
    auto tool = std::make_shared<TestTool>("act", effect_class);
    tool->declare().timeout_ms = 20;
    tool->hangs = true;
    const Acted acted = act(tool);
    EXPECT_EQ(acted.finished.error->code, "tool_timeout");
    EXPECT_EQ(acted.finished.outcome, outcome);
  }
}

TEST(Tools, LongOutputIsCutForTheModelAndKeptWhole) {
  auto tool = std::make_shared<TestTool>("act");
  tool->declare().output_bytes_max = 100;
  tool->written = std::string(1'000, 'a') + std::string(1'000, 'z');
  Harness harness = scripted_builder(kOneCall).tool(tool).build().value();
  auto run = harness.session().run("Hi").start().value();
  const auto events = all_events(run);
  const auto finished = of_type<StreamEvent::ToolCallFinished>(events).at(0);
  const std::string shown = text_of_parts(finished.result);
  EXPECT_LT(shown.size(), 250U);
  EXPECT_TRUE(shown.starts_with("aaa"));
  EXPECT_NE(shown.find("output_truncated"), std::string::npos);
  ASSERT_TRUE(finished.full_output);
  EXPECT_EQ(finished.full_output->size_bytes(), 2'000U + std::string(R"(did {"n":1})").size());
}

TEST(Tools, ControlSequencesDoNotReachTheModel) {
  auto tool = std::make_shared<TestTool>("act");
  tool->result = ToolResult::text(
      "a\x1b]52;c;aGk=\x07"
      "b\xff");
  const Acted acted = act(tool);
  EXPECT_EQ(text_of_parts(acted.finished.result), "ab\xEF\xBF\xBD");
  ASSERT_TRUE(acted.finished.full_output);
}

TEST(Tools, AReversibleToolMustSayHowItIsUndone) {
  auto tool = std::make_shared<TestTool>("act", EffectClass::reversible);
  EXPECT_EQ(act(tool).finished.error->code, "tool_failed");
  EXPECT_EQ(tool->executed, 0);
  auto good = std::make_shared<TestTool>("act", EffectClass::reversible);
  good->preparation.undo = UndoRecord{{R"({"was":"x"})"}, {SharedBytes("pre-image")}};
  Harness harness = scripted_builder(kOneCall).tool(good).build().value();
  auto run = harness.session().run("Hi").start().value();
  const auto events = all_events(run);
  const auto started = of_type<StreamEvent::ToolCallStarted>(events).at(0);
  ASSERT_TRUE(started.undo);
  EXPECT_EQ(started.undo->blobs.at(0).hash(), sha256("pre-image"));
}

TEST(Tools, SeveralAtOnceReallyAre) {
  auto tool = std::make_shared<TestTool>("act", EffectClass::pure);
  tool->hangs = true;
  tool->declare().timeout_ms = 50;
  Harness harness = scripted_builder(R"({"turns":[{"tool_calls":[
      {"id":"c1","name":"act","arguments":{}},{"id":"c2","name":"act","arguments":{}}]},{"text":"Done."}]})")
                        .tool(tool)
                        .build()
                        .value();
  auto run = harness.session().run("Hi").tool_policy({.calls_at_once = 2}).start().value();
  const auto types = types_of(all_events(run));
  const auto second_start = std::find(std::find(types.begin(), types.end(), "ToolCallStarted") + 1, types.end(),
                                      std::string("ToolCallStarted"));
  const auto first_end = std::find(types.begin(), types.end(), std::string("ToolCallFinished"));
  EXPECT_LT(second_start, first_end);
}

TEST(Tools, AnAbortStopsTheRunningCall) {
  auto tool = std::make_shared<TestTool>("act");
  tool->hangs = true;
  Harness harness = scripted_builder(kOneCall).tool(tool).build().value();
  auto run = harness.session().run("Hi").start().value();
  read_until<StreamEvent::ToolCallStarted>(run);
  ASSERT_TRUE(run.abort());
  const auto types = types_of(rest_of(run));
  EXPECT_EQ(types.back(), "Aborted");
}

TEST(Tools, ASchemaThatCannotBeCheckedIsRefusedAtRegistration) {
  auto tool = std::make_shared<TestTool>("act");
  tool->declare().input_schema = {R"({"type":"object","unevaluatedProperties":false})"};
  const auto harness = scripted_builder(kOneCall).tool(tool).build();
  ASSERT_FALSE(harness);
  EXPECT_EQ(harness.error().code, "tool_schema_invalid");
  EXPECT_NE(harness.error().message.find("unevaluatedProperties"), std::string::npos) << harness.error().message;
}

TEST(Tools, AStrictToolNeverSeesTheNullsOfItsHost) {
  auto tool = std::make_shared<TestTool>("act");
  tool->declare().strict = true;
  const Acted acted =
      act(tool, R"({"turns":[{"tool_calls":[{"id":"c1","name":"act","arguments":{"n":null}}]},{"text":"Done."}]})");
  EXPECT_FALSE(acted.finished.error) << acted.finished.error->message;
  EXPECT_EQ(text_of_parts(acted.finished.result), "did {}");
  auto loose = std::make_shared<TestTool>("act");
  const Acted refused =
      act(loose, R"({"turns":[{"tool_calls":[{"id":"c1","name":"act","arguments":{"n":null}}]},{"text":"Done."}]})");
  EXPECT_EQ(refused.finished.error->code, "tool_args_invalid");
}

TEST(Tools, AStrictToolWhoseSchemaCannotBeStrictIsRefused) {
  auto tool = std::make_shared<TestTool>("act");
  tool->declare().strict = true;
  tool->declare().input_schema = {R"({"type":"object","properties":{"a":{"type":"string","maxLength":7}}})"};
  const auto harness = scripted_builder(kOneCall).tool(tool).build();
  ASSERT_FALSE(harness);
  EXPECT_EQ(harness.error().code, "tool_schema_invalid");
  EXPECT_EQ(harness.error().at, "/properties/a/maxLength");
}

TEST(Tools, ARunMayNameItsTools) {
  auto one = std::make_shared<TestTool>("act");
  auto other = std::make_shared<TestTool>("other");
  Harness harness = scripted_builder(kOneCall).tool(one).tool(other).build().value();
  auto run = harness.session().run("Hi").tools({"other"}).start().value();
  const auto events = all_events(run);
  EXPECT_EQ(of_type<StreamEvent::ToolCallFinished>(events).at(0).error->code, "unknown_tool");
  const auto unknown = harness.session().run("Hi").tools({"othr"}).start();
  EXPECT_NE(unknown.error().message.find("'other'"), std::string::npos) << unknown.error().message;
}

TEST(Tools, TheWorkspaceIsOpenedOnceAndPinned) {
  auto tool = std::make_shared<TestTool>("act");
  Harness harness = scripted_builder(kOneCall).tool(tool).build().value();
  auto run = harness.session().run("Hi").workspace("/tmp").start().value();
  const auto events = all_events(run);
  EXPECT_EQ(of_type<StreamEvent::RunStarted>(events).at(0).workspace, "/tmp");
  EXPECT_TRUE(tool->has_workspace);
  EXPECT_EQ(harness.session().run("Hi").workspace("/tmp/no/such").start().error().code, "configuration_invalid");
}

// Approvals, and runs that another harness goes on with.

TEST(Approvals, ARunWaitsAndGoesOnWithTheAnswer) {
  auto tool = std::make_shared<TestTool>("act", EffectClass::irreversible, ApprovalNeed::ask);
  Harness harness = scripted_builder(kOneCall).tool(tool).build().value();
  auto run = harness.session().run("Hi").start().value();
  const auto raised = read_until<StreamEvent::InterruptRaised>(run);
  EXPECT_EQ(raised.shown, R"({"n":1})");
  EXPECT_EQ(tool->executed, 0);
  ASSERT_TRUE(run.control().resolve({.interrupt_id = raised.interrupt_id, .decision = InterruptDecision::allow_once}));
  EXPECT_EQ(types_of(rest_of(run)).back(), "Completed");
  EXPECT_EQ(tool->executed, 1);
  EXPECT_EQ(tool->prepared, 2);  // looked at once more
}

TEST(Approvals, ARunThatIsLetGoIsAnsweredAndGoneOnWithElsewhere) {
  const runtime::testing::TemporaryFolder folder(runtime::testing::FolderPlace::memory);
  const std::string store = "jsonl:" + folder.path();
  auto tool = std::make_shared<TestTool>("act", EffectClass::irreversible, ApprovalNeed::ask);
  RunId id;
  InterruptId interrupt;
  {
    Harness first = scripted_builder(kOneCall).store(store).tool(tool).build().value();
    auto run = first.session().run("Hi").start().value();
    id = run.id();
    interrupt = read_until<StreamEvent::InterruptRaised>(run).interrupt_id;
    ASSERT_TRUE(run.control().detach());
  }
  Harness second = scripted_builder(kOneCall).store(store).tool(tool).build().value();
  EXPECT_EQ(second.answer_orphan(id, {.interrupt_id = {}, .decision = InterruptDecision::deny}).error().code,
            "precondition_failed");
  ASSERT_TRUE(second.answer_orphan(id, {.interrupt_id = interrupt, .decision = InterruptDecision::allow_once}));
  EXPECT_EQ(tool->executed, 0);
  auto resumed = second.resume_run(id);
  ASSERT_TRUE(resumed) << resumed.error().message;
  const auto result = resumed->wait();
  ASSERT_TRUE(result) << result.error().message;
  EXPECT_EQ(result->text, "Done.");
  EXPECT_EQ(tool->executed, 1);
  auto whole = second.open_run(id).value();
  EXPECT_EQ(types_of(all_events(whole)).back(), "Completed");
}

TEST(Approvals, AToolThatHasChangedIsNotTheToolThatWasDeclared) {
  const runtime::testing::TemporaryFolder folder(runtime::testing::FolderPlace::memory);
  const std::string store = "jsonl:" + folder.path();
  auto tool = std::make_shared<TestTool>("act", EffectClass::irreversible, ApprovalNeed::ask);
  RunId id;
  {
    Harness first = scripted_builder(kOneCall).store(store).tool(tool).build().value();
    auto run = first.session().run("Hi").start().value();
    id = run.id();
    read_until<StreamEvent::InterruptRaised>(run);
    ASSERT_TRUE(run.control().detach());
  }
  auto changed = std::make_shared<TestTool>("act", EffectClass::irreversible, ApprovalNeed::ask);
  changed->declare().description = "Does something else.";
  Harness second = scripted_builder(kOneCall).store(store).tool(changed).build().value();
  EXPECT_EQ(second.resume_run(id).error().code, "precondition_failed");
  Harness third = scripted_builder(kOneCall).store(store).build().value();
  EXPECT_EQ(third.resume_run(id).error().code, "precondition_failed");
}

// Runs from before there was a stance do not know how far their tools reach.
TEST(Approvals, HowFarAToolReachesMattersToRunsWithAStance) {
  for (const InjectionStance stance : {InjectionStance::off, InjectionStance::mark}) {
    const runtime::testing::TemporaryFolder folder(runtime::testing::FolderPlace::memory);
    const std::string store = "jsonl:" + folder.path();
    auto tool = std::make_shared<TestTool>("act", EffectClass::irreversible, ApprovalNeed::ask);
    RunId id;
    {
      Harness first = scripted_builder(kOneCall).store(store).tool(tool).build().value();
      ToolPolicy policy;
      policy.injection = stance;
      auto run = first.session().run("Hi").tool_policy(policy).start().value();
      id = run.id();
      read_until<StreamEvent::InterruptRaised>(run);
      ASSERT_TRUE(run.control().detach());
    }
    auto known = std::make_shared<TestTool>("act", EffectClass::irreversible, ApprovalNeed::ask);
    known->declare().reach = ToolReach::inside;
    known->declare().is_output_trusted = true;
    Harness second = scripted_builder(kOneCall).store(store).tool(known).build().value();
    auto resumed = second.resume_run(id);
    EXPECT_EQ(resumed.has_value(), stance == InjectionStance::off);
    if (resumed) {
      EXPECT_TRUE(resumed->abort());
    }
  }
}

TEST(Approvals, ARunThatIsBusyIsNotLetGo) {
  auto tool = std::make_shared<TestTool>("act");
  tool->hangs = true;
  Harness harness = scripted_builder(kOneCall).tool(tool).build().value();
  auto run = harness.session().run("Hi").start().value();
  read_until<StreamEvent::ToolCallStarted>(run);
  EXPECT_EQ(run.control().detach().error().code, "precondition_failed");
  ASSERT_TRUE(run.abort());
}

TEST(Approvals, APausedRunIsLetGoAndGoneOnWith) {
  const runtime::testing::TemporaryFolder folder(runtime::testing::FolderPlace::memory);
  const std::string store = "jsonl:" + folder.path();
  RunId id;
  {
    Harness first = scripted_builder(kOneCall).store(store).tool(std::make_shared<TestTool>("act")).build().value();
    auto session = first.session();
    auto run = session.run("Hi").start().value();
    id = run.id();
    if (!run.control().pause()) GTEST_SKIP() << "the run was quicker";
    while (!run.control().detach()) std::this_thread::yield();
  }
  Harness second = scripted_builder(kOneCall).store(store).tool(std::make_shared<TestTool>("act")).build().value();
  auto resumed = second.resume_run(id);
  ASSERT_TRUE(resumed) << resumed.error().message;
  EXPECT_EQ(resumed->wait().value().text, "Done.");
}

}  // namespace
}  // namespace orchestrator::harness::integration
