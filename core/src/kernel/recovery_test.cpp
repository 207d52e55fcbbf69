// SPDX-License-Identifier: Apache-2.0
// Goal: after a crash a call is made again only where that cannot do anything twice; everything else is looked at, and
// then a person is asked or the outcome stays unknown.
#include <gtest/gtest.h>

#include <algorithm>

#include "kernel/testing/kernel_scene.hpp"

namespace orchestrator::harness::kernel {
namespace {

Scene crashed(EffectClass effect_class, ApprovalMode mode = ApprovalMode::ask,
              std::vector<std::string> call_ids = {"c1"}) {
  events::RunStarted spec = example_spec();
  spec.tools = {example_tool(effect_class)};
  spec.tool_policy.approval = mode;
  Scene scene(spec);
  ToolPreparation preparation;
  preparation.undo = UndoRecord{{R"({"path":"a"})"}, {}};
  scene.given(slot(1)).given(call_answer(1, std::move(call_ids))).given(prepared("c1", preparation));
  scene.given(recovered());
  return scene;
}

// Looking at a lost call begins with the word that it is lost.
bool is_verifying(const Decision& decision) {
  return decision.events.size() == 1 && decision.effects.size() == 1 &&
         std::holds_alternative<event::effects::VerifyTool>(decision.effects.front());
}

TEST(Recovery, SaysWhatWasLost) {
  const Scene scene = crashed(EffectClass::pure);
  const auto* resumed = scene.last<events::RunResumed>();
  ASSERT_NE(resumed, nullptr);
  EXPECT_EQ(resumed->epoch, 1U);
  EXPECT_EQ(resumed->lost, std::vector<std::string>{"call c1"});
}

TEST(Recovery, PureAndIdempotentCallsRunAgainWithTheSameKey) {
  for (const EffectClass effect_class : {EffectClass::pure, EffectClass::idempotent}) {
    Scene scene = crashed(effect_class);
    const std::string key = scene.last<events::ToolCallStarted>()->idempotency_key;
    scene.given(lost_call("c1"));
    const auto* again = scene.last<events::ToolCallStarted>();
    EXPECT_EQ(again->attempt, 2U);
    EXPECT_EQ(again->idempotency_key, key);
    scene.when(returned("c1", "late", 1)).then_nothing();
    scene.given(returned("c1", "done", 2));
  }
}

TEST(Recovery, OtherCallsAreLookedAtAndNeverMadeBlindly) {
  for (const EffectClass effect_class : {EffectClass::reversible, EffectClass::irreversible}) {
    Scene scene = crashed(effect_class);
    EXPECT_TRUE(is_verifying(scene.decision()));
    const auto& verify = std::get<event::effects::VerifyTool>(scene.decision().effects.front());
    EXPECT_EQ(verify.undo->data.text, R"({"path":"a"})");
    scene.when(lost_call("c1")).then_nothing();
  }
}

TEST(Recovery, WhatHappenedIsFinishedAndWhatDidNotIsMadeOnce) {
  Scene happened = crashed(EffectClass::irreversible);
  happened.given(verified("c1", VerifiedState::happened));
  EXPECT_EQ(happened.last<events::ToolCallFinished>()->outcome, ToolOutcome::ok);
  Scene not_happened = crashed(EffectClass::irreversible);
  not_happened.given(verified("c1", VerifiedState::not_happened));
  EXPECT_EQ(not_happened.last<events::ToolCallStarted>()->attempt, 2U);
}

TEST(Recovery, AnUnknownOutcomeStaysUnknownWhereNobodyIsAsked) {
  Scene scene = crashed(EffectClass::irreversible, ApprovalMode::never);
  scene.given(verified("c1", VerifiedState::unknown));
  EXPECT_EQ(scene.last<events::ToolCallFinished>()->outcome, ToolOutcome::unknown);
  EXPECT_EQ(scene.last<events::ToolCallFinished>()->error->code, "tool_outcome_unknown");
}

TEST(Recovery, AnUnknownOutcomeIsAskedAbout) {
  Scene scene = crashed(EffectClass::irreversible);
  scene.given(verified("c1", VerifiedState::unknown));
  EXPECT_EQ(scene.last<events::InterruptRaised>()->kind, InterruptKind::clarification);
  scene.when(resolved(scene.state(), InterruptDecision::allow_run))
      .then_refused(RuntimeErrorCode::invalid_argument, "decision");
  Scene again = scene;
  again.given(resolved(again.state(), InterruptDecision::allow_once));
  EXPECT_EQ(again.last<events::ToolCallStarted>()->attempt, 2U);
  scene.given(resolved(scene.state(), InterruptDecision::deny));
  EXPECT_EQ(scene.last<events::ToolCallFinished>()->outcome, ToolOutcome::unknown);
}

TEST(Recovery, AnAbortBeforeTheCrashEndsTheRunWithoutAnotherEffect) {
  for (const EffectClass effect_class : {EffectClass::pure, EffectClass::irreversible}) {
    events::RunStarted spec = example_spec();
    spec.tools = {example_tool(effect_class)};
    Scene scene(spec);
    scene.given(slot(1)).given(call_answer(1, {"c1", "c2"})).given(prepared("c1")).given(abort(AbortMode::now));
    scene.given(recovered()).given(lost_call("c1"));
    EXPECT_EQ(scene.last<events::ToolCallStarted>()->attempt, 1U);
    EXPECT_NE(scene.last<events::Aborted>(), nullptr);
  }
}

TEST(Recovery, NoLookAtALostCallOutlivesTheRun) {
  events::RunStarted spec = example_spec();
  spec.tools = {example_tool(EffectClass::irreversible)};
  Scene scene(spec);
  scene.given(slot(1)).given(call_answer(1)).given(prepared("c1")).given(abort(AbortMode::after_turn));
  scene.given(recovered());
  ASSERT_TRUE(is_verifying(scene.decision()));
  scene.given(lost_call("c1"));
  ASSERT_NE(scene.last<events::Aborted>(), nullptr);
  const event::Effect cancelled = event::effects::CancelTool{"c1"};
  EXPECT_NE(std::ranges::find(scene.decision().effects, cancelled), scene.decision().effects.end());
}

TEST(Recovery, ASecondCrashLosesTheCallOnceMore) {
  Scene scene = crashed(EffectClass::irreversible);
  scene.given(recovered());
  EXPECT_TRUE(is_verifying(scene.decision()));
  scene.given(verified("c1", VerifiedState::not_happened)).given(recovered());
  EXPECT_TRUE(is_verifying(scene.decision()));
}

TEST(Recovery, AQuestionSurvives) {
  events::RunStarted spec = example_spec();
  spec.tools = {example_tool(EffectClass::irreversible, ApprovalNeed::ask)};
  Scene scene(spec);
  scene.given(slot(1)).given(call_answer(1)).given(prepared("c1")).given(recovered());
  EXPECT_TRUE(scene.last<events::RunResumed>()->lost.empty());
  scene.given(resolved(scene.state(), InterruptDecision::allow_once)).given(prepared("c1"));
  EXPECT_NE(scene.last<events::ToolCallStarted>(), nullptr);
}

TEST(Recovery, ACallThatHadNotStartedIsPreparedAgain) {
  events::RunStarted spec = example_spec();
  spec.tools = {example_tool(EffectClass::irreversible)};
  Scene scene(spec);
  scene.given(slot(1)).given(call_answer(1)).given(recovered());
  const auto owed = owed_effects(scene.state());
  ASSERT_EQ(owed.size(), 1U);
  EXPECT_TRUE(std::holds_alternative<event::effects::PrepareTool>(owed.front()));
}

TEST(Recovery, WhilePausedALostCallWaits) {
  Scene scene = crashed(EffectClass::irreversible);
  scene.given(pause());
  scene.when(lost_call("c1")).then_nothing();
  scene.when(resume());
  ASSERT_EQ(scene.decision().effects.size(), 1U);
  EXPECT_TRUE(std::holds_alternative<event::effects::VerifyTool>(scene.decision().effects.front()));
}

}  // namespace
}  // namespace orchestrator::harness::kernel
