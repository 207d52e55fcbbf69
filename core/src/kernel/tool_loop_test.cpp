// SPDX-License-Identifier: Apache-2.0
// Goal: each call is requested once, started at most once unless it may be, and finished once; in order, or several at
// once where the run allows it; and none begins after an abort.
#include <gtest/gtest.h>

#include "kernel/testing/kernel_scene.hpp"

namespace orchestrator::harness::kernel {
namespace {

using event::effects::AcquireSlot;
using event::effects::CancelTool;

events::RunStarted acting_spec(EffectClass effect_class = EffectClass::irreversible,
                               ApprovalNeed approval = ApprovalNeed::none) {
  events::RunStarted spec = example_spec();
  spec.tools = {example_tool(effect_class, approval)};
  spec.tools.front().is_output_trusted = true;
  return spec;
}

Scene acting(std::vector<std::string> call_ids, events::RunStarted spec = acting_spec()) {
  Scene scene(std::move(spec));
  scene.given(slot(1)).given(call_answer(1, std::move(call_ids)));
  return scene;
}

std::vector<std::string> types_of(const Decision& decision) {
  std::vector<std::string> types;
  for (const StreamEvent& event : decision.events) types.emplace_back(event.type());
  return types;
}
using Types = std::vector<std::string>;

std::vector<std::string> effects_of(const Decision& decision) {
  std::vector<std::string> names;
  for (const event::Effect& effect : decision.effects) {
    const std::string text = describe(effect);
    names.push_back(text.substr(0, text.find(' ')));
  }
  return names;
}

// The results that the next request will carry, in its order.
std::vector<std::string> results_in_context(const State& state) {
  std::vector<std::string> results;
  for (const event::ContextEntry& entry : state.facts.context) {
    if (const auto* result = std::get_if<ToolResultItem>(&entry.item->value)) {
      results.push_back(result->call_id + "=" + text_of(*entry.item));
    }
  }
  return results;
}

TEST(ToolLoop, ACallIsPreparedThenStartedThenFinished) {
  Scene scene = acting({"c1"});
  EXPECT_EQ(effects_of(scene.decision()), Types{"PrepareTool"});
  scene.when(prepared("c1"));
  EXPECT_EQ(types_of(scene.decision()), Types{"ToolCallStarted"});
  EXPECT_EQ(effects_of(scene.decision()), Types{"RunTool"});
  scene.when(returned("c1", "42"));
  EXPECT_EQ(types_of(scene.decision()), Types{"ToolCallFinished"});
  EXPECT_EQ(scene.decision().effects, Effects{acquire(2)});
  EXPECT_EQ(scene.last<events::ToolCallFinished>()->latency_us, 1'000U);
  scene.given(slot(2));
  EXPECT_EQ(results_in_context(scene.state()), Types{"c1=42"});
  scene.given(answer(2, "It is 42."));
  EXPECT_EQ(scene.last<events::Completed>()->latencies.tool_us, 1'000U);
}

TEST(ToolLoop, TheKeyIsOfTheRunAndTheCallAlone) {
  Scene first = acting({"c1", "c2"});
  first.given(prepared("c1"));
  const std::string key = first.last<events::ToolCallStarted>()->idempotency_key;
  first.given(returned("c1")).given(prepared("c2"));
  EXPECT_NE(first.last<events::ToolCallStarted>()->idempotency_key, key);
  Scene again = acting({"c1", "c2"});
  again.at(9'000'000).given(prepared("c1"));
  EXPECT_EQ(again.last<events::ToolCallStarted>()->idempotency_key, key);
  EXPECT_NE(idempotency_key(RunId::make(1, 2, 3), 1, 0), key);
  EXPECT_LE(key.size(), 64U);
}

TEST(ToolLoop, CallsFollowOneAnother) {
  Scene scene = acting({"c1", "c2"});
  scene.when(prepared("c2")).then_nothing();  // not requested yet
  scene.given(prepared("c1"));
  scene.when(returned("c1"));
  EXPECT_EQ(types_of(scene.decision()), (Types{"ToolCallFinished", "ToolCallRequested"}));
  EXPECT_EQ(effects_of(scene.decision()), Types{"PrepareTool"});
  scene.given(prepared("c2")).given(returned("c2"));
  EXPECT_EQ(scene.decision().effects, Effects{acquire(2)});
}

TEST(ToolLoop, SeveralAtOnceKeepTheOrderOfTheirResults) {
  events::RunStarted spec = acting_spec();
  spec.tool_policy.calls_at_once = 2;
  Scene scene = acting({"c1", "c2", "c3"}, spec);
  EXPECT_EQ(effects_of(scene.decision()), (Types{"PrepareTool", "PrepareTool"}));
  scene.given(prepared("c1")).given(prepared("c2"));
  scene.when(returned("c2", "second"));
  EXPECT_EQ(types_of(scene.decision()), (Types{"ToolCallFinished", "ToolCallRequested"}));
  scene.given(prepared("c3")).given(returned("c3", "third"));
  EXPECT_TRUE(results_in_context(scene.state()).empty());
  scene.given(returned("c1", "first"));
  EXPECT_EQ(results_in_context(scene.state()), (Types{"c1=first", "c2=second", "c3=third"}));
}

TEST(ToolLoop, AnAnswerToAnEarlierAttemptOrToNothingChangesNothing) {
  Scene scene = acting({"c1"});
  scene.when(returned("c1")).then_nothing();
  scene.given(prepared("c1"));
  scene.when(returned("c1", "late", 2)).then_nothing();
  scene.when(returned("c9")).then_nothing();
  scene.when(prepared("c1")).then_nothing();
  scene.given(returned("c1"));
  scene.when(returned("c1")).then_nothing();
}

TEST(ToolLoop, ACallThatCannotBePreparedNeverStarts) {
  Scene scene = acting({"c1"});
  scene.when(not_prepared("c1", ToolErrorCode::tool_args_invalid, "/path: is missing"));
  EXPECT_EQ(types_of(scene.decision()), Types{"ToolCallFinished"});
  const auto* finished = scene.last<events::ToolCallFinished>();
  EXPECT_EQ(finished->outcome, ToolOutcome::error);
  EXPECT_EQ(finished->error->code, "tool_args_invalid");
  EXPECT_EQ(results_in_context(scene.state()), Types{"c1=tool_args_invalid: /path: is missing"});
}

TEST(ToolLoop, AProtectedTargetIsADenial) {
  Scene scene = acting({"c1"});
  scene.given(not_prepared("c1", ToolErrorCode::protected_path));
  EXPECT_EQ(scene.last<events::ToolCallFinished>()->outcome, ToolOutcome::denied);
}

TEST(ToolLoop, RepairsAreBounded) {
  events::RunStarted spec = acting_spec();
  spec.tool_policy.repairs_max = 2;
  Scene scene(spec);
  for (std::uint32_t turn = 1; turn <= 3; ++turn) {
    scene.given(slot(turn)).given(call_answer(turn)).given(not_prepared("c1", ToolErrorCode::tool_args_invalid));
  }
  ASSERT_NE(scene.last<events::Error>(), nullptr);
  EXPECT_EQ(scene.last<events::Error>()->error.code, "tool_args_invalid");
  EXPECT_EQ(scene.last<events::Error>()->error.at, "tool_policy.repairs_max");
}

TEST(ToolLoop, AGoodCallBetweenThemStartsTheCountAnew) {
  events::RunStarted spec = acting_spec();
  spec.tool_policy.repairs_max = 1;
  Scene scene(spec);
  for (std::uint32_t turn = 1; turn <= 6; ++turn) {
    scene.given(slot(turn)).given(call_answer(turn));
    if (turn % 2 == 1) {
      scene.given(not_prepared("c1", ToolErrorCode::unknown_tool));
    } else {
      scene.given(prepared("c1")).given(returned("c1"));
    }
  }
  EXPECT_EQ(scene.last<events::Error>(), nullptr);
}

TEST(ToolLoop, TheTurnLimitEndsTheLoop) {
  events::RunStarted spec = acting_spec();
  spec.budgets.turns = 1;
  Scene scene = acting({"c1"}, spec);
  scene.given(prepared("c1")).given(returned("c1"));
  ASSERT_NE(scene.last<events::Completed>(), nullptr);
  EXPECT_EQ(scene.last<events::Completed>()->finish_reason, FinishReason::tool_limit);
}

TEST(ToolLoop, AForcedChoiceIsForTheFirstTurn) {
  events::RunStarted spec = acting_spec();
  spec.settings.tool_choice = ToolChoice{ToolChoiceMode::required, {}};
  Scene scene = acting({"c1"}, spec);
  scene.given(prepared("c1")).given(returned("c1")).given(slot(2));
  const auto* made = std::get_if<event::effects::CallProvider>(&scene.decision().effects.front());
  ASSERT_NE(made, nullptr);
  EXPECT_EQ(made->settings.tool_choice, std::nullopt);
}

TEST(ToolLoop, WithoutToolChoiceNoCallRuns) {
  events::RunStarted spec = acting_spec();
  spec.settings.tool_choice = ToolChoice{ToolChoiceMode::none, {}};
  Scene scene = acting({"c1"}, spec);
  EXPECT_EQ(scene.last<events::ToolCallFinished>()->outcome, ToolOutcome::denied);
}

// Abort: nothing begins after it, what runs is stopped, every call has its end.

TEST(ToolLoop, AnAbortStopsTheRunningCallAndNoOtherBegins) {
  Scene scene = acting({"c1", "c2"});
  scene.given(prepared("c1"));
  scene.when(abort(AbortMode::now)).then({events::AbortRequested{AbortMode::now, "me"}}, {CancelTool{"c1"}});
  scene.when(returned_as("c1", ToolOutcome::unknown, ToolErrorCode::tool_outcome_unknown));
  EXPECT_EQ(types_of(scene.decision()),
            (Types{"ToolCallFinished", "ToolCallRequested", "ToolCallFinished", "Aborted"}));
  EXPECT_EQ(scene.last<events::ToolCallFinished>()->outcome, ToolOutcome::cancelled);
}

TEST(ToolLoop, AnAbortAfterTheTurnLetsTheRunningCallEnd) {
  Scene scene = acting({"c1", "c2"});
  scene.given(prepared("c1"));
  scene.when(abort(AbortMode::after_turn)).then({events::AbortRequested{AbortMode::after_turn, "me"}});
  scene.when(returned("c1"));
  EXPECT_EQ(types_of(scene.decision()),
            (Types{"ToolCallFinished", "ToolCallRequested", "ToolCallFinished", "Aborted"}));
}

TEST(ToolLoop, AnAbortWhileACallIsPreparedEndsTheRunAtOnce) {
  Scene scene = acting({"c1"});
  scene.when(abort(AbortMode::now));
  EXPECT_EQ(types_of(scene.decision()), (Types{"AbortRequested", "ToolCallFinished", "Aborted"}));
  EXPECT_EQ(scene.decision().effects.front(), event::Effect{CancelTool{"c1"}});
}

TEST(ToolLoop, TheRunsDeadlineStopsCallsLikeAnAbort) {
  events::RunStarted spec = acting_spec();
  spec.timeouts.run_ms = 1'000;
  Scene scene = acting({"c1"}, spec);
  scene.given(prepared("c1"));
  scene.at(1'000'000)
      .when(timer(TimerKind::run))
      .then({events::TimeoutFired{TimerKind::run, 1'000, {}}}, {CancelTool{"c1"}});
  scene.given(returned_as("c1", ToolOutcome::cancelled, ToolErrorCode::tool_cancelled));
  EXPECT_EQ(scene.last<events::Error>()->error.code, "run_timeout");
}

TEST(ToolLoop, WhilePausedNoCallBegins) {
  Scene scene = acting({"c1", "c2"});
  scene.given(pause());
  scene.when(prepared("c1")).then_nothing();
  scene.when(resume());
  EXPECT_EQ(effects_of(scene.decision()), Types{"PrepareTool"});
  scene.given(prepared("c1")).given(pause());
  scene.when(returned("c1"));
  EXPECT_EQ(types_of(scene.decision()), Types{"ToolCallFinished"});
  scene.when(resume());
  EXPECT_EQ(types_of(scene.decision()), (Types{"RunResumed", "ToolCallRequested"}));
}

TEST(ToolLoop, ARunWithoutRoomForACallEndsCleanly) {
  events::RunStarted spec = acting_spec();
  spec.limits.hints_queued = 0;
  spec.limits.tool_calls_per_turn = 1;
  spec.limits.run_events = 5 + 16 + 4 + 3;
  Scene scene(spec);
  scene.given(slot(1)).given(call_answer(1));
  ASSERT_NE(scene.last<events::Error>(), nullptr);
  EXPECT_EQ(scene.last<events::Error>()->error.code, "limit_exceeded");
}

}  // namespace
}  // namespace orchestrator::harness::kernel
