// SPDX-License-Identifier: Apache-2.0
// Goal: what rules deny does not happen: no model is asked and no memory read before the input was judged, no denied
// call starts, a stopped answer ends the run; in shadow all goes on. Method: runs of the kernel, input by input.
#include "kernel/gates.hpp"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <variant>

#include "kernel/testing/kernel_scene.hpp"

namespace orchestrator::harness::kernel {
namespace {

using event::effects::AcquireSlot;
using event::effects::CancelProvider;
using event::effects::EvaluateGates;
using event::effects::RetrieveMemory;
using event::effects::RunTool;

events::RunStarted under(GatePhase phase, GateMode mode = GateMode::enforcing) {
  events::RunStarted spec = example_spec();
  spec.gates = {{"rule", mode, {phase}}};
  return spec;
}

GateVerdict verdict(GatePhase phase, bool passed, GateMode mode = GateMode::enforcing) {
  GateVerdict verdict;
  verdict.gate = "rule";
  verdict.phase = phase;
  verdict.mode = mode;
  verdict.passed = passed;
  verdict.action = passed ? GateAction::allow : GateAction::deny;
  if (!passed) verdict.reason = "it matches at byte 3";
  if (phase == GatePhase::output) verdict.attempt = 1;
  if (phase == GatePhase::tool) verdict.call_id = "c1";
  return verdict;
}

event::inputs::GateReturned judged(bool passed, GateMode mode = GateMode::enforcing) {
  return {{verdict(GatePhase::input, passed, mode)}};
}

template <class T>
bool has_effect(const Decision& decision) {
  for (const event::Effect& effect : decision.effects) {
    if (std::holds_alternative<T>(effect)) return true;
  }
  return false;
}

Error end_of(const Scene& scene) {
  const auto* end = scene.last<events::Error>();
  return end == nullptr ? Error{} : end->error;
}

TEST(InputGate, IsAskedBeforeAnythingElse) {
  events::RunStarted spec = under(GatePhase::input);
  spec.memory.recall_max = 3;
  Scene scene(spec);
  EXPECT_TRUE(has_effect<EvaluateGates>(scene.decision()));
  EXPECT_FALSE(has_effect<RetrieveMemory>(scene.decision()));
  EXPECT_FALSE(has_effect<AcquireSlot>(scene.decision()));
  scene.when(slot(1));
  scene.then_nothing();
  const auto owed = owed_effects(scene.state());
  ASSERT_EQ(owed.size(), 1U) << "another process asks again";
  EXPECT_TRUE(std::holds_alternative<EvaluateGates>(owed.front()));
  scene.given(judged(true));
  EXPECT_TRUE(has_effect<RetrieveMemory>(scene.decision()));
  scene.given(event::inputs::MemoryReturned{});
  EXPECT_TRUE(has_effect<AcquireSlot>(scene.decision()));
  scene.when(judged(false));
  scene.then_nothing();
}

TEST(InputGate, ThatDeniesEndsTheRunWithoutAnyEffect) {
  Scene scene(under(GatePhase::input));
  scene.given(judged(false));
  EXPECT_EQ(end_of(scene).code, "gate_blocked");
  EXPECT_EQ(end_of(scene).message, "of the input: the rule 'rule' denies it: it matches at byte 3");
  EXPECT_FALSE(has_effect<AcquireSlot>(scene.decision()));
  EXPECT_EQ(scene.last<events::ProviderRequested>(), nullptr);
}

TEST(InputGate, InShadowOnlySaysSo) {
  Scene scene(under(GatePhase::input, GateMode::shadow));
  scene.given(judged(false, GateMode::shadow));
  ASSERT_NE(scene.last<events::GateEvaluated>(), nullptr);
  EXPECT_FALSE(scene.last<events::GateEvaluated>()->passed);
  EXPECT_TRUE(has_effect<AcquireSlot>(scene.decision()));
}

TEST(InputGate, OfAPausedRunLetsItGoOnWhenItIsResumed) {
  Scene scene(under(GatePhase::input));
  scene.given(pause()).given(resume());
  EXPECT_FALSE(has_effect<AcquireSlot>(scene.decision())) << "not judged yet";
  scene.given(pause()).given(judged(true));
  EXPECT_FALSE(has_effect<AcquireSlot>(scene.decision()));
  scene.given(resume());
  EXPECT_TRUE(has_effect<AcquireSlot>(scene.decision()));
}

Scene calling(events::RunStarted spec) {
  spec.tools = {example_tool(EffectClass::irreversible)};
  spec.tool_policy.approval = ApprovalMode::never;
  Scene scene(std::move(spec));
  scene.given(slot(1)).given(headers(1)).given(call_answer(1));
  return scene;
}

event::inputs::ToolPrepared prepared_under(GateVerdict verdict) {
  event::inputs::ToolPrepared prepared;
  prepared.call_id = "c1";
  prepared.gates = {std::move(verdict)};
  return prepared;
}

TEST(ToolGate, ThatDeniesIsTheEndOfTheCallAndNotOfTheRun) {
  Scene scene = calling(under(GatePhase::tool));
  scene.given(prepared_under(verdict(GatePhase::tool, false)));
  EXPECT_FALSE(has_effect<RunTool>(scene.decision()));
  const auto* finished = scene.last<events::ToolCallFinished>();
  ASSERT_NE(finished, nullptr);
  EXPECT_EQ(finished->outcome, ToolOutcome::denied);
  EXPECT_EQ(finished->error->message, "the rule 'rule' denies it: it matches at byte 3");
  EXPECT_EQ(scene.last<events::ToolCallStarted>(), nullptr);
  EXPECT_TRUE(has_effect<AcquireSlot>(scene.decision())) << "the model is told";
}

TEST(ToolGate, ThatPassesOrOnlyWatchesLetsTheCallStart) {
  Scene passing = calling(under(GatePhase::tool));
  passing.given(prepared_under(verdict(GatePhase::tool, true)));
  EXPECT_TRUE(has_effect<RunTool>(passing.decision()));
  Scene watched = calling(under(GatePhase::tool, GateMode::shadow));
  watched.given(prepared_under(verdict(GatePhase::tool, false, GateMode::shadow)));
  EXPECT_TRUE(has_effect<RunTool>(watched.decision()));
  EXPECT_FALSE(watched.last<events::GateEvaluated>()->passed);
}

TEST(OutputGate, ThatStopsAnAnswerEndsTheRun) {
  Scene scene(under(GatePhase::output));
  scene.given(slot(1)).given(headers(1)).given(chunk(1, {text("0", "so far ")}));
  event::inputs::ProviderChunk stopped{1, {}, {verdict(GatePhase::output, false)}};
  stopped.parts = {failed(RuntimeError{RuntimeErrorCode::gate_blocked, "of the answer", "rule", {}})};
  scene.given(stopped);
  EXPECT_EQ(end_of(scene).code, "gate_blocked");
  EXPECT_EQ(scene.last<events::Error>()->partial_output, "so far ");
  EXPECT_TRUE(has_effect<CancelProvider>(scene.decision())) << "the rest is not paid for";
  EXPECT_EQ(scene.last<events::AttemptFailed>()->error.code, "gate_blocked");
  EXPECT_EQ(scene.last<events::RetryScheduled>(), nullptr);
}

TEST(OutputGate, ThatStopsAnAnswerCountsMoreThanItsFailure) {
  events::RunStarted spec = under(GatePhase::output);
  spec.retries.attempts_max = 3;
  for (const bool in_stream : {true, false}) {
    Scene scene(spec);
    scene.given(slot(1)).given(headers(1));
    const Error lost = ProviderError{ProviderErrorCode::provider_overloaded, "busy", "", {}};
    if (in_stream) {
      scene.given(event::inputs::ProviderChunk{1, {failed(lost)}, {verdict(GatePhase::output, false)}});
    } else {
      event::inputs::ProviderEnded ended;
      ended.attempt = 1;
      ended.error = lost;
      ended.gates = {verdict(GatePhase::output, false)};
      scene.given(ended);
    }
    EXPECT_EQ(end_of(scene).code, "gate_blocked");
    EXPECT_EQ(scene.last<events::RetryScheduled>(), nullptr);
  }
}

TEST(OutputGate, TellsOfAnAnswerThatItLetPass) {
  Scene scene(under(GatePhase::output));
  scene.given(slot(1)).given(headers(1));
  auto whole = std::get<event::inputs::ProviderChunk>(answer(1, "fine"));
  whole.gates = {verdict(GatePhase::output, true)};
  scene.given(whole);
  EXPECT_TRUE(scene.last<events::GateEvaluated>()->passed);
  EXPECT_NE(scene.last<events::Completed>(), nullptr);
}

}  // namespace
}  // namespace orchestrator::harness::kernel
