// SPDX-License-Identifier: Apache-2.0
// Goal: a call that must be asked about starts only with an answer that is for exactly this call as it is now; time
// that waits for a person counts against no deadline but the question's own.
#include <gtest/gtest.h>

#include "kernel/testing/kernel_scene.hpp"

namespace orchestrator::harness::kernel {
namespace {

using Decision_ = InterruptDecision;

events::RunStarted asking_spec(ApprovalMode mode, ApprovalNeed need) {
  events::RunStarted spec = example_spec();
  spec.tools = {example_tool(EffectClass::irreversible, need)};
  spec.tool_policy.approval = mode;
  return spec;
}

Scene preparing(const events::RunStarted& spec, std::vector<std::string> call_ids = {"c1"}) {
  Scene scene(spec);
  scene.given(slot(1)).given(call_answer(1, std::move(call_ids)));
  return scene;
}

ToolPreparation target(std::string_view content) {
  ToolPreparation preparation;
  preparation.targets = {{"a.txt", sha256(content)}};
  preparation.preview = "+ a line";
  return preparation;
}

std::string first_event(const Decision& decision) {
  return decision.events.empty() ? "-" : std::string(decision.events.front().type());
}

TEST(Approval, FollowsTheTableOfModeAndNeed) {
  struct Row {
    ApprovalMode mode;
    ApprovalNeed need;
    const char* event;
  };
  for (const Row& row : std::initializer_list<Row>{{ApprovalMode::never, ApprovalNeed::none, "ToolCallStarted"},
                                                   {ApprovalMode::never, ApprovalNeed::ask, "ToolCallStarted"},
                                                   {ApprovalMode::never, ApprovalNeed::require, "ToolCallFinished"},
                                                   {ApprovalMode::never, ApprovalNeed::refuse, "ToolCallFinished"},
                                                   {ApprovalMode::ask, ApprovalNeed::none, "ToolCallStarted"},
                                                   {ApprovalMode::ask, ApprovalNeed::ask, "InterruptRaised"},
                                                   {ApprovalMode::ask, ApprovalNeed::require, "InterruptRaised"},
                                                   {ApprovalMode::ask, ApprovalNeed::refuse, "ToolCallFinished"},
                                                   {ApprovalMode::always, ApprovalNeed::none, "InterruptRaised"},
                                                   {ApprovalMode::always, ApprovalNeed::ask, "InterruptRaised"},
                                                   {ApprovalMode::always, ApprovalNeed::require, "InterruptRaised"},
                                                   {ApprovalMode::always, ApprovalNeed::refuse, "ToolCallFinished"}}) {
    Scene of_tool = preparing(asking_spec(row.mode, row.need));
    of_tool.when(prepared("c1"));
    EXPECT_EQ(first_event(of_tool.decision()), row.event);
    // What the call itself says goes before what its tool says.
    Scene of_call = preparing(asking_spec(row.mode, ApprovalNeed::none));
    ToolPreparation preparation;
    preparation.approval = row.need;
    of_call.when(prepared("c1", preparation));
    EXPECT_EQ(first_event(of_call.decision()), row.event);
  }
}

TEST(Approval, TheQuestionNamesEverythingThatItIsAbout) {
  const events::RunStarted spec = asking_spec(ApprovalMode::ask, ApprovalNeed::ask);
  Scene scene = preparing(spec);
  scene.given(prepared("c1", target("old")));
  const auto* raised = scene.last<events::InterruptRaised>();
  ASSERT_NE(raised, nullptr);
  EXPECT_EQ(raised->call_id, "c1");
  EXPECT_EQ(raised->tool, "act");
  EXPECT_EQ(raised->argument_hash, argument_hash(" { } "));
  EXPECT_EQ(raised->tool_hash, tool_hash(spec, spec.tools.front()));
  EXPECT_EQ(raised->policy_hash, policy_hash(spec));
  EXPECT_EQ(raised->targets, target("old").targets);
  EXPECT_EQ(raised->shown, "+ a line");
  EXPECT_EQ(raised->shown_hash, sha256("+ a line"));
}

TEST(Approval, AnAllowedCallIsLookedAtOnceMoreBeforeItStarts) {
  Scene scene = preparing(asking_spec(ApprovalMode::ask, ApprovalNeed::ask));
  scene.given(prepared("c1", target("old")));
  const InterruptId asked = scene.last<events::InterruptRaised>()->interrupt_id;
  scene.when(resolved(scene.state(), Decision_::allow_once))
      .then({events::InterruptResolved{asked, Decision_::allow_once, "me", ""}},
            {event::effects::PrepareTool{"c1", "act", "{}", idempotency_key(example_identity().run_id, 1, 0)}});
  scene.when(prepared("c1", target("old")));
  ASSERT_NE(scene.last<events::ToolCallStarted>(), nullptr);
  EXPECT_EQ(scene.last<events::ToolCallStarted>()->approval, asked);
}

TEST(Approval, HoldsOnlyForWhatWasSeen) {
  Scene scene = preparing(asking_spec(ApprovalMode::ask, ApprovalNeed::ask));
  scene.given(prepared("c1", target("old"))).given(resolved(scene.state(), Decision_::allow_once));
  scene.when(prepared("c1", target("swapped")));
  EXPECT_EQ(scene.last<events::ToolCallStarted>(), nullptr);
  EXPECT_EQ(scene.last<events::ToolCallFinished>()->error->code, "approval_stale");
}

TEST(Approval, ACallThatBecameForbiddenIsNotSavedByItsApproval) {
  Scene scene = preparing(asking_spec(ApprovalMode::ask, ApprovalNeed::ask));
  scene.given(prepared("c1", target("old"))).given(resolved(scene.state(), Decision_::allow_once));
  ToolPreparation preparation = target("old");
  preparation.approval = ApprovalNeed::refuse;
  scene.given(prepared("c1", preparation));
  EXPECT_EQ(scene.last<events::ToolCallFinished>()->outcome, ToolOutcome::denied);
}

TEST(Approval, ADenialGoesToTheModelAndTheRunGoesOn) {
  Scene scene = preparing(asking_spec(ApprovalMode::ask, ApprovalNeed::ask), {"c1", "c2"});
  scene.given(prepared("c1"));
  event::inputs::Resolve denial = std::get<event::inputs::Resolve>(resolved(scene.state(), Decision_::deny));
  denial.reason = "not this file";
  scene.when(denial);
  const auto* finished = scene.last<events::ToolCallFinished>();
  EXPECT_EQ(finished->outcome, ToolOutcome::denied);
  EXPECT_EQ(finished->error->message, "the call was denied by me: not this file");
  EXPECT_EQ(scene.last<events::ToolCallRequested>()->call_id, "c2");
}

TEST(Approval, ForTheRunCoversFurtherCallsOfTheTool) {
  Scene scene = preparing(asking_spec(ApprovalMode::ask, ApprovalNeed::ask), {"c1", "c2"});
  scene.given(prepared("c1")).given(resolved(scene.state(), Decision_::allow_run)).given(prepared("c1"));
  scene.given(returned("c1"));
  scene.when(prepared("c2", target("anything")));
  EXPECT_EQ(first_event(scene.decision()), "ToolCallStarted");
}

// Who allows `ls` for the run has not allowed the network.
TEST(Approval, ForTheRunDoesNotCoverACallThatNeedsMore) {
  Scene scene = preparing(asking_spec(ApprovalMode::ask, ApprovalNeed::ask), {"c1", "c2"});
  scene.given(prepared("c1")).given(resolved(scene.state(), Decision_::allow_run)).given(prepared("c1"));
  scene.given(returned("c1"));
  auto second = std::get<event::inputs::ToolPrepared>(prepared("c2"));
  second.preparation.approval = ApprovalNeed::require;
  scene.when(second);
  EXPECT_EQ(first_event(scene.decision()), "InterruptRaised");
}

TEST(Approval, OnceCoversOneCall) {
  Scene scene = preparing(asking_spec(ApprovalMode::ask, ApprovalNeed::ask), {"c1", "c2"});
  scene.given(prepared("c1")).given(resolved(scene.state(), Decision_::allow_once)).given(prepared("c1"));
  scene.given(returned("c1"));
  scene.when(prepared("c2"));
  EXPECT_EQ(first_event(scene.decision()), "InterruptRaised");
}

TEST(Approval, AnAnswerToNoOpenQuestionIsRefused) {
  Scene scene = preparing(asking_spec(ApprovalMode::ask, ApprovalNeed::ask));
  scene.given(prepared("c1"));
  const InputValue answer = resolved(scene.state(), Decision_::deny);
  scene.when(event::inputs::Resolve{*InterruptId::parse("0123456789abcdef"), Decision_::deny, "me", ""})
      .then_refused(RuntimeErrorCode::precondition_failed, "interrupt_id");
  scene.given(answer);
  scene.when(answer).then_refused(RuntimeErrorCode::precondition_failed, "interrupt_id");
}

TEST(Approval, WaitingForAPersonStopsTheRunsClock) {
  events::RunStarted spec = asking_spec(ApprovalMode::ask, ApprovalNeed::ask);
  spec.timeouts.run_ms = 1'000;
  Scene scene = preparing(spec);
  scene.at(500'000).when(prepared("c1"));
  EXPECT_EQ(scene.decision().effects, Effects{event::effects::StopTimer{TimerKind::run}});
  scene.at(9'000'000).when(timer(TimerKind::run)).then_nothing();
  scene.at(10'500'000).when(resolved(scene.state(), Decision_::allow_once));
  EXPECT_EQ(scene.decision().effects.front(), (event::Effect{event::effects::StartTimer{TimerKind::run, 11'000'000}}));
}

TEST(Approval, ACallThatIsAskedForEndsTheWaiting) {
  events::RunStarted spec = asking_spec(ApprovalMode::ask, ApprovalNeed::none);
  spec.timeouts.run_ms = 1'000;
  spec.tool_policy.calls_at_once = 2;
  Scene scene = preparing(spec, {"c1", "c2", "c3"});
  ToolPreparation asked;
  asked.approval = ApprovalNeed::ask;
  scene.given(prepared("c1", asked)).given(prepared("c2"));
  // With the end of `c2` only the question is open, until the same step asks for `c3`.
  scene.at(300'000).given(returned("c2"));
  EXPECT_EQ(scene.decision().events.back().type(), "ToolCallRequested");
  EXPECT_FALSE(is_parked(scene.state()));
  EXPECT_FALSE(scene.state().facts.parked_since_us);
  scene.at(700'000).given(prepared("c3"));
  EXPECT_EQ(scene.state().facts.parked_us, 0U);
  EXPECT_EQ(run_deadline_us(scene.state().facts), 1'000'000U);
}

TEST(Approval, AQuestionThatNobodyAnswersEndsTheRun) {
  events::RunStarted spec = asking_spec(ApprovalMode::ask, ApprovalNeed::ask);
  spec.tool_policy.approval_timeout_ms = 60'000;
  Scene scene = preparing(spec);
  scene.at(1'000'000).when(prepared("c1"));
  EXPECT_EQ(scene.decision().effects, (Effects{event::effects::StartTimer{TimerKind::approval, 61'000'000}}));
  EXPECT_EQ(scene.last<events::InterruptRaised>()->expires_us, 61'000'000U);
  scene.at(60'999'000).when(timer(TimerKind::approval)).then_nothing();
  scene.at(61'000'000).when(timer(TimerKind::approval));
  EXPECT_EQ(scene.last<events::InterruptResolved>()->reason, "expired");
  ASSERT_NE(scene.last<events::Error>(), nullptr);
  EXPECT_EQ(scene.last<events::Error>()->error.code, "approval_denied");
}

TEST(Approval, AnAbortAnswersOpenQuestions) {
  Scene scene = preparing(asking_spec(ApprovalMode::ask, ApprovalNeed::ask));
  scene.given(prepared("c1")).given(abort(AbortMode::now));
  EXPECT_EQ(scene.last<events::InterruptResolved>()->decision, Decision_::deny);
  EXPECT_EQ(scene.last<events::ToolCallFinished>()->outcome, ToolOutcome::cancelled);
  EXPECT_NE(scene.last<events::Aborted>(), nullptr);
}

TEST(Approval, AnAnswerWhilePausedWaitsForTheResume) {
  Scene scene = preparing(asking_spec(ApprovalMode::ask, ApprovalNeed::ask));
  scene.given(prepared("c1")).given(pause());
  scene.when(resolved(scene.state(), Decision_::allow_once));
  EXPECT_TRUE(scene.decision().effects.empty());
  scene.when(resume());
  ASSERT_FALSE(scene.decision().effects.empty());
  EXPECT_TRUE(std::holds_alternative<event::effects::PrepareTool>(scene.decision().effects.back()));
}

}  // namespace
}  // namespace orchestrator::harness::kernel
