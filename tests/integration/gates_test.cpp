// SPDX-License-Identifier: Apache-2.0
// Goal: runs keep to their rules through the real runtime: a blocking rule ends what it is about before anything of it
// happens, shadow only says so, streams stay streams, and rules that others answer are asked, paid for and waited for
// within their bounds. Method: scripts of models, gates in C++ that the test opens and shuts.
#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <stdexcept>

#include "orchestrator/harness/make_tool.hpp"
#include "runtime/testing/temporary_folder.hpp"
#include "scripted_harness.hpp"

namespace orchestrator::harness::integration {
namespace {

constexpr const char* kHello = R"({"turns":[{"text":"Hello, here is the secret plan for you.","delta_chars":3}]})";
constexpr const char* kOneCall =
    R"({"turns":[{"tool_calls":[{"id":"c1","name":"act","arguments":{"path":"a/.env"}}]},{"text":"Done."}]})";

GateRule rule(std::string name, GatePhase phase, GateMode mode, GateCheck check) {
  GateRule rule;
  rule.name = std::move(name);
  rule.phases = {phase};
  rule.mode = mode;
  rule.check = std::move(check);
  return rule;
}

GateRule keyword(GatePhase phase, GateMode mode, std::string word = "secret plan") {
  return rule("words", phase, mode, KeywordCheck{{std::move(word)}});
}

// Says what the test wants, and counts.
class TestGate : public Gate {
 public:
  std::string version() const override { return "test-1"; }
  Result<GateOpinion> judge(const GateQuestion& question) const override {
    asked += 1;
    last_text = std::string(question.text);
    last_tool = std::string(question.tool);
    if (until.valid()) until.wait();
    if (throws) throw std::runtime_error("it broke");
    return opinion;
  }
  mutable std::atomic<int> asked = 0;
  mutable std::string last_text;
  mutable std::string last_tool;
  Result<GateOpinion> opinion = GateOpinion{};
  bool throws = false;
  std::shared_future<void> until;
};

// What a model under test is asked to do; counts its calls.
std::shared_ptr<Tool> counting_tool(std::atomic<int>& calls) {
  ToolSpec spec;
  spec.name = "act";
  spec.description = "For a test.";
  spec.input_schema = {R"({"type":"object"})"};
  return make_blocking_tool(std::move(spec), [&calls](ToolCall, const ToolContext&) {
    calls += 1;
    return ToolResult::text("done");
  });
}

Harness harness_of(const char* script, GateRule rule) {
  return scripted_builder(script).safety({{std::move(rule)}}).build().value();
}

std::string shown_by(const std::vector<StreamEvent>& events) {
  std::string shown;
  for (const auto& delta : of_type<StreamEvent::OutputDelta>(events)) shown += delta.text;
  return shown;
}

std::string error_code(const std::vector<StreamEvent>& events) {
  const auto errors = of_type<StreamEvent::Error>(events);
  return errors.empty() ? "" : errors.front().error.code;
}

TEST(Gates, ADeniedInputAsksNobody) {
  Harness harness = harness_of(kHello, keyword(GatePhase::input, GateMode::enforcing));
  auto run = harness.session().run("Tell me of the Secret Plan.").start().value();
  const auto events = all_events(run);
  EXPECT_EQ(types_of(events), (std::vector<std::string>{"RunStarted", "ModelSelected", "GateEvaluated", "Error"}));
  EXPECT_EQ(error_code(events), "gate_blocked");
  EXPECT_EQ(of_type<StreamEvent::Error>(events)[0].error.at, "words");
}

TEST(Gates, ShadowSaysWhatItWouldHaveDone) {
  for (const GatePhase phase : {GatePhase::input, GatePhase::output}) {
    Harness harness = harness_of(kHello, keyword(phase, GateMode::shadow));
    auto run = harness.session().run("Tell me of the secret plan.").start().value();
    const auto events = all_events(run);
    const auto verdicts = of_type<StreamEvent::GateEvaluated>(events);
    ASSERT_EQ(verdicts.size(), 1U);
    EXPECT_FALSE(verdicts[0].passed);
    EXPECT_EQ(verdicts[0].action, GateAction::deny);
    EXPECT_EQ(of_type<StreamEvent::Completed>(events).size(), 1U);
    EXPECT_EQ(shown_by(events), "Hello, here is the secret plan for you.");
  }
}

TEST(Gates, ADeniedAnswerStopsBeforeTheWordsAreShown) {
  Harness harness = harness_of(kHello, keyword(GatePhase::output, GateMode::enforcing));
  auto run = harness.session().run("Hi").start().value();
  const auto events = all_events(run);
  EXPECT_EQ(error_code(events), "gate_blocked");
  EXPECT_EQ(shown_by(events).find("secret"), std::string::npos) << shown_by(events);
  EXPECT_EQ(of_type<StreamEvent::ProviderRequested>(events).size(), 1U) << "it is no failure to try again";
  EXPECT_EQ(of_type<StreamEvent::UsageReported>(events).size(), 1U);
}

TEST(Gates, AStreamUnderRulesStaysAStream) {
  const std::string script =
      R"({"turns":[{"text":")" + std::string(3'000, 'x') + R"( end","delta_chars":50,"delay_ms":1}]})";
  Harness harness = harness_of(script.c_str(), keyword(GatePhase::output, GateMode::enforcing));
  auto run = harness.session().run("Hi").start().value();
  const auto events = all_events(run);
  EXPECT_GT(of_type<StreamEvent::OutputDelta>(events).size(), 3U);
  EXPECT_EQ(shown_by(events), std::string(3'000, 'x') + " end");
}

TEST(Gates, WhatIsMaskedIsMaskedEverywhere) {
  GateRule masked = keyword(GatePhase::output, GateMode::enforcing);
  masked.action = GateAction::redact;
  Harness harness = harness_of(kHello, masked);
  Session session = harness.session();
  auto run = session.run("Hi").start().value();
  const auto events = all_events(run);
  const auto completed = of_type<StreamEvent::Completed>(events);
  ASSERT_EQ(completed.size(), 1U);
  EXPECT_EQ(completed[0].output.find("secret"), std::string::npos);
  EXPECT_EQ(completed[0].output, shown_by(events));
  for (const StreamEvent& event : events) {
    EXPECT_EQ(event.json().find("secret plan"), std::string::npos) << event.json();
  }
}

TEST(Gates, AWholeAnswerIsHeldAgainstItsSchema) {
  const SchemaCheck check{R"({"type":"object","required":["answer"]})"};
  Harness good = harness_of(R"({"turns":[{"text":"{\"answer\":4}"}]})",
                            rule("shape", GatePhase::output, GateMode::enforcing, check));
  auto kept = good.session().run("Hi").start().value();
  EXPECT_EQ(error_code(all_events(kept)), "");
  Harness bad = harness_of(kHello, rule("shape", GatePhase::output, GateMode::enforcing, check));
  auto broken = bad.session().run("Hi").start().value();
  const auto events = all_events(broken);
  EXPECT_EQ(error_code(events), "gate_blocked");
  EXPECT_FALSE(shown_by(events).empty()) << "the last word comes at the end, when the text is shown";
}

TEST(Gates, WhatComesBeforeACallIsNoAnswerYet) {
  std::atomic<int> calls = 0;
  const SchemaCheck check{R"({"type":"object","required":["answer"]})"};
  Harness harness = scripted_builder(R"({"turns":[{"text":"Let me look.","tool_calls":[{"id":"c1","name":"act",
                                     "arguments":{"n":1}}]},{"text":"{\"answer\":4}"}]})")
                        .tool(counting_tool(calls))
                        .safety({{rule("shape", GatePhase::output, GateMode::enforcing, check)}})
                        .build()
                        .value();
  auto run = harness.session().run("Hi").start().value();
  EXPECT_EQ(error_code(all_events(run)), "");
  EXPECT_EQ(calls, 1);
}

TEST(Gates, ADeniedCallNeverRunsAndTheModelIsTold) {
  std::atomic<int> calls = 0;
  CallCheck check;
  check.paths.deny = {"**/.env"};
  Harness harness = scripted_builder(kOneCall)
                        .tool(counting_tool(calls))
                        .safety({{rule("paths", GatePhase::tool, GateMode::enforcing, check)}})
                        .build()
                        .value();
  auto run = harness.session().run("Hi").start().value();
  const auto events = all_events(run);
  EXPECT_EQ(calls, 0);
  EXPECT_TRUE(of_type<StreamEvent::ToolCallStarted>(events).empty());
  const auto finished = of_type<StreamEvent::ToolCallFinished>(events);
  ASSERT_EQ(finished.size(), 1U);
  EXPECT_EQ(finished[0].outcome, ToolOutcome::denied);
  EXPECT_EQ(of_type<StreamEvent::Completed>(events).at(0).output, "Done.");
}

TEST(Gates, RatesCountTheCallsOfTheRun) {
  std::atomic<int> calls = 0;
  Harness harness = scripted_builder(R"({"turns":[{"tool_calls":[{"id":"c1","name":"act","arguments":{"n":1}}]},
        {"tool_calls":[{"id":"c2","name":"act","arguments":{"n":2}}]},{"text":"Done."}]})")
                        .tool(counting_tool(calls))
                        .safety({{rule("rate", GatePhase::tool, GateMode::enforcing, RateCheck{1, 0})}})
                        .build()
                        .value();
  auto run = harness.session().run("Hi").start().value();
  const auto finished = of_type<StreamEvent::ToolCallFinished>(all_events(run));
  ASSERT_EQ(finished.size(), 2U);
  EXPECT_EQ(calls, 1);
  EXPECT_EQ(finished[1].outcome, ToolOutcome::denied);
}

TEST(Gates, RatesCountCallsWhoseIdsComeAgain) {
  std::atomic<int> calls = 0;
  Harness harness = scripted_builder(R"({"turns":[{"tool_calls":[{"id":"c1","name":"act","arguments":{"n":1}}]},
        {"tool_calls":[{"id":"c1","name":"act","arguments":{"n":2}}]},{"text":"Done."}]})")
                        .tool(counting_tool(calls))
                        .safety({{rule("rate", GatePhase::tool, GateMode::enforcing, RateCheck{1, 0})}})
                        .build()
                        .value();
  auto run = harness.session().run("Hi").start().value();
  const auto finished = of_type<StreamEvent::ToolCallFinished>(all_events(run));
  ASSERT_EQ(finished.size(), 2U);
  EXPECT_EQ(calls, 1);
}

TEST(Gates, AGateInCodeIsAskedInEachPhase) {
  auto gate = std::make_shared<TestGate>();
  GateRule asked = rule("own", GatePhase::input, GateMode::enforcing, CodeCheck{gate});
  asked.phases = {GatePhase::input, GatePhase::tool, GatePhase::output};
  std::atomic<int> calls = 0;
  Harness harness = scripted_builder(kOneCall).tool(counting_tool(calls)).safety({{asked}}).build().value();
  auto run = harness.session().run("Hi").start().value();
  const auto verdicts = of_type<StreamEvent::GateEvaluated>(all_events(run));
  ASSERT_EQ(verdicts.size(), 3U) << "the first answer has no text to be asked about";
  EXPECT_EQ(verdicts[0].phase, GatePhase::input);
  EXPECT_EQ(verdicts[1].phase, GatePhase::tool);
  EXPECT_EQ(verdicts[2].phase, GatePhase::output);
  EXPECT_EQ(gate->asked, 3);
  EXPECT_EQ(gate->last_text, "Done.");
}

TEST(Gates, AGateInCodeObjects) {
  for (const GatePhase phase : {GatePhase::input, GatePhase::tool}) {
    auto gate = std::make_shared<TestGate>();
    gate->opinion = GateOpinion{false, 0.9, "I do not like it"};
    std::atomic<int> calls = 0;
    Harness harness = scripted_builder(kOneCall)
                          .tool(counting_tool(calls))
                          .safety({{rule("own", phase, GateMode::enforcing, CodeCheck{gate})}})
                          .build()
                          .value();
    auto run = harness.session().run("Hi").start().value();
    const auto events = all_events(run);
    EXPECT_EQ(calls, 0) << name_of(phase);
    const auto verdicts = of_type<StreamEvent::GateEvaluated>(events);
    ASSERT_FALSE(verdicts.empty());
    EXPECT_EQ(verdicts[0].reason, "I do not like it");
    EXPECT_EQ(verdicts[0].score, 0.9);
    EXPECT_EQ(error_code(events), phase == GatePhase::tool ? "" : "gate_blocked");
  }
}

TEST(Gates, AGateInCodeEndsARunAfterItsAnswerWasShown) {
  auto gate = std::make_shared<TestGate>();
  gate->opinion = GateOpinion{false, {}, "I do not like it"};
  Harness harness = harness_of(kHello, rule("own", GatePhase::output, GateMode::enforcing, CodeCheck{gate}));
  auto run = harness.session().run("Hi").start().value();
  const auto events = all_events(run);
  EXPECT_EQ(error_code(events), "gate_blocked");
  EXPECT_EQ(shown_by(events), "Hello, here is the secret plan for you.");
  EXPECT_EQ(gate->last_text, shown_by(events));
}

TEST(Gates, AGateThatFailsCountsAsTheRuleSays) {
  for (const GateFailure on_failure : {GateFailure::closed, GateFailure::open}) {
    for (const bool throws : {false, true}) {
      auto gate = std::make_shared<TestGate>();
      gate->throws = throws;
      gate->opinion = fail(RuntimeErrorCode::internal, "no idea");
      GateRule asked = rule("own", GatePhase::input, GateMode::enforcing, CodeCheck{gate});
      asked.on_failure = on_failure;
      Harness harness = harness_of(kHello, asked);
      auto run = harness.session().run("Hi").start().value();
      const auto events = all_events(run);
      EXPECT_EQ(error_code(events), on_failure == GateFailure::closed ? "gate_blocked" : "");
      EXPECT_TRUE(of_type<StreamEvent::GateEvaluated>(events).at(0).error);
    }
  }
}

TEST(Gates, AGateThatDoesNotAnswerIsNotWaitedForLonger) {
  std::promise<void> opened;
  auto gate = std::make_shared<TestGate>();
  gate->until = opened.get_future().share();
  Harness harness = harness_of(kHello, rule("own", GatePhase::input, GateMode::enforcing, CodeCheck{gate, 20}));
  auto run = harness.session().run("Hi").start().value();
  const auto events = all_events(run);
  EXPECT_EQ(error_code(events), "gate_blocked");
  EXPECT_EQ(of_type<StreamEvent::GateEvaluated>(events).at(0).error->code, "limit_exceeded");
  opened.set_value();
}

TEST(Gates, AnAbortDoesNotWaitForAGate) {
  std::promise<void> opened;
  auto gate = std::make_shared<TestGate>();
  gate->until = opened.get_future().share();
  Harness harness = harness_of(kHello, rule("own", GatePhase::input, GateMode::enforcing, CodeCheck{gate, 60'000}));
  auto run = harness.session().run("Hi").start().value();
  EXPECT_TRUE(run.control().abort());
  const auto events = all_events(run);
  EXPECT_EQ(events.back().type(), "Aborted");
  EXPECT_TRUE(of_type<StreamEvent::ProviderRequested>(events).empty());
  opened.set_value();
}

// A harness whose default model says hello, with a classifier that answers `answer`.
Harness classified(std::string answer, GatePhase phase, const char* script = kHello,
                   GateFailure on_failure = GateFailure::closed) {
  HarnessBuilder builder;
  const std::string judge = R"({"turns":[{"text":")" + answer + R"(","usage":{"input":1000,"output":10}}]})";
  builder.provider(scripted_provider({{"test", script}, {"judge", judge}}).value()).default_model("scripted/test");
  const auto catalogue = ModelCatalogue::parse(
      R"({"version":"test","models":[{"model":"scripted/judge","output_tokens_max":1000,
          "usd_per_million":{"input":2,"cached_input":2,"output":8}}]})",
      "test");
  builder.catalogue(catalogue.value());
  GateRule rule_of_model = rule("classified", phase, GateMode::enforcing,
                                ClassifierCheck{ModelRef::parse("scripted/judge").value(), "plans", 0.5, 10'000});
  rule_of_model.on_failure = on_failure;
  return builder.safety({{rule_of_model}}).build().value();
}

TEST(Gates, AClassifierIsAskedScoredAndPaidFor) {
  Harness harness = classified("87", GatePhase::input);
  auto run = harness.session().run("Hi").start().value();
  const auto events = all_events(run);
  const auto verdicts = of_type<StreamEvent::GateEvaluated>(events);
  ASSERT_EQ(verdicts.size(), 1U);
  EXPECT_EQ(verdicts[0].score, 0.87);
  EXPECT_EQ(verdicts[0].threshold, 0.5);
  EXPECT_FALSE(verdicts[0].passed);
  EXPECT_EQ(verdicts[0].cost_micro_usd, 2'080U);
  EXPECT_EQ(of_type<StreamEvent::Error>(events).at(0).cost_micro_usd, 2'080U) << "it is a part of the run's cost";
}

TEST(Gates, AClassifierThatIsSureOfNothingLetsPass) {
  for (const GatePhase phase : {GatePhase::input, GatePhase::output}) {
    Harness harness = classified("3", phase);
    auto run = harness.session().run("Hi").start().value();
    const auto events = all_events(run);
    EXPECT_EQ(error_code(events), "");
    EXPECT_EQ(of_type<StreamEvent::GateEvaluated>(events).at(0).score, 0.03);
  }
}

TEST(Gates, AClassifierThatRamblesHasNoScore) {
  for (const auto& [on_failure, code] :
       {std::pair{GateFailure::closed, "gate_blocked"}, std::pair{GateFailure::open, ""}}) {
    Harness harness = classified("I would say 3 or 4.", GatePhase::input, kHello, on_failure);
    auto run = harness.session().run("Hi").start().value();
    const auto events = all_events(run);
    EXPECT_EQ(error_code(events), code);
    EXPECT_EQ(of_type<StreamEvent::GateEvaluated>(events).at(0).cost_micro_usd, 2'080U) << "it was paid all the same";
  }
}

TEST(Gates, ARuleWhoseModelCannotBeAskedIsRefusedAtOnce) {
  GateRule asked = rule("classified", GatePhase::input, GateMode::enforcing,
                        ClassifierCheck{ModelRef::parse("nobody/judge").value(), "plans", 0.5, 10'000});
  const auto built = scripted_builder(kHello).safety({{asked}}).build();
  ASSERT_FALSE(built);
  EXPECT_EQ(built.error().code, "configuration_invalid");
  EXPECT_NE(built.error().message.find("classified"), std::string::npos) << built.error().message;
}

TEST(Gates, CheapRulesStopBeforeOthersAreAsked) {
  auto gate = std::make_shared<TestGate>();
  Harness harness = scripted_builder(kHello)
                        .safety({{rule("own", GatePhase::input, GateMode::enforcing, CodeCheck{gate}),
                                  keyword(GatePhase::input, GateMode::enforcing)}})
                        .build()
                        .value();
  auto run = harness.session().run("The secret plan").start().value();
  EXPECT_EQ(error_code(all_events(run)), "gate_blocked");
  EXPECT_EQ(gate->asked, 0);
}

TEST(Gates, ARunGoesOnUnderItsOwnRulesAlone) {
  const runtime::testing::TemporaryFolder folder(runtime::testing::FolderPlace::memory);
  const std::string store = "jsonl:" + folder.path();
  const char* asks = R"({"turns":[{"tool_calls":[{"id":"c1","name":"act","arguments":{"n":1}}]},{"text":"Done."}]})";
  std::atomic<int> calls = 0;
  const auto builder = [&](GateRule one) {
    return scripted_builder(asks).store(store).tool(counting_tool(calls)).safety({{std::move(one)}});
  };
  RunId run_id;
  {
    Harness harness = builder(keyword(GatePhase::input, GateMode::enforcing)).build().value();
    ToolPolicy policy;
    policy.approval = ApprovalMode::always;
    auto run = harness.session().run("Hi").tool_policy(policy).start().value();
    static_cast<void>(read_until<StreamEvent::InterruptRaised>(run));
    run_id = run.id();
    EXPECT_TRUE(run.control().detach());
  }
  Harness other = builder(keyword(GatePhase::input, GateMode::enforcing, "another word")).build().value();
  const auto refused = other.resume_run(run_id);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, "precondition_failed");
  Harness same = builder(keyword(GatePhase::input, GateMode::enforcing)).build().value();
  EXPECT_TRUE(same.resume_run(run_id));
}

}  // namespace
}  // namespace orchestrator::harness::integration
