// SPDX-License-Identifier: Apache-2.0
// Goal: a summary by the model is an attempt of its own, accounted and told; what it wrote stands in the place of what
// went; where it fails, the summary is in extracts and the run goes on.
#include "kernel/summary_call.hpp"

#include <gtest/gtest.h>

#include <string>
#include <variant>

#include "kernel/summary_extract.hpp"
#include "kernel/testing/kernel_scene.hpp"

namespace orchestrator::harness::kernel {
namespace {

using event::effects::AcquireSlot;
using event::effects::CallProvider;

events::RunStarted summarising() {
  events::RunStarted spec = example_spec();
  spec.system = "Be brief.";
  spec.tools = {example_tool(EffectClass::pure)};
  spec.context.tokens_max = 400;
  spec.context.when_full = WhenFull::summarise;
  spec.context.summary_tokens_max = 60;
  ModelOffer offer{.model = spec.model_plan.primary, .wire = "chat"};
  offer.price = ModelPrice{{1'000'000, 0, 0, 2'000'000}, {}, {}, "test"};
  spec.offers = {offer};
  return spec;
}

// Forty exchanges: more than fits.
Scene full_scene() { return Scene(summarising(), history_of(40, 40)); }

const CallProvider* call_of(const Decision& decision) {
  for (const event::Effect& effect : decision.effects) {
    if (const auto* call = std::get_if<CallProvider>(&effect)) return call;
  }
  return nullptr;
}

bool asks_for_slot(const Decision& decision, std::uint32_t attempt) {
  for (const event::Effect& effect : decision.effects) {
    if (const auto* slot = std::get_if<AcquireSlot>(&effect)) return slot->attempt == attempt;
  }
  return false;
}

TEST(SummaryCall, AsksTheModelBeforeAnythingGoes) {
  Scene scene = full_scene();
  scene.given(slot(1));
  const auto* requested = scene.last<events::ProviderRequested>();
  ASSERT_NE(requested, nullptr);
  EXPECT_EQ(requested->purpose, AttemptPurpose::summary);
  EXPECT_EQ(scene.last<events::ContextTrimmed>(), nullptr);
  const auto* call = call_of(scene.decision());
  ASSERT_NE(call, nullptr);
  EXPECT_EQ(call->purpose, AttemptPurpose::summary);
  ASSERT_EQ(call->context.size(), 1U);
  EXPECT_NE(text_of(*call->context.front().item).find("<conversation>\n[user] "), std::string::npos);
  EXPECT_EQ(owed_effects(scene.state()).front(), event::Effect(*call));
}

TEST(SummaryCall, WhatItWroteStandsInThePlaceOfWhatWent) {
  Scene scene = full_scene();
  scene.given(slot(1)).given(answer(1, "Ada looks for her key."));
  const auto* summarised = scene.last<events::ContextSummarised>();
  ASSERT_NE(summarised, nullptr);
  EXPECT_EQ(summarised->text, "Ada looks for her key.");
  EXPECT_EQ(scene.last<events::OutputDelta>(), nullptr) << "the run shows nothing of it";
  EXPECT_TRUE(asks_for_slot(scene.decision(), 2));
  scene.given(slot(2));
  const auto* trimmed = scene.last<events::ContextTrimmed>();
  ASSERT_NE(trimmed, nullptr);
  EXPECT_EQ(trimmed->summary, std::string(kWrittenHead) + "\nAda looks for her key.");
  EXPECT_EQ(trimmed->cost_micro_usd, 20U) << "10 in, 5 out";
  const auto* call = call_of(scene.decision());
  ASSERT_NE(call, nullptr);
  EXPECT_EQ(call->purpose, AttemptPurpose::answer);
  EXPECT_EQ(text_of(*call->context.front().item), *trimmed->summary);
  scene.given(answer(2, "Under the mat."));
  const auto* completed = scene.last<events::Completed>();
  ASSERT_NE(completed, nullptr);
  EXPECT_EQ(completed->output, "Under the mat.");
  EXPECT_EQ(completed->usage.input, 20U) << "both attempts are the run's";
  EXPECT_EQ(completed->cost_micro_usd, 40U);
}

TEST(SummaryCall, IsInExtractsWhereTheModelFails) {
  Scene scene = full_scene();
  scene.given(slot(1)).given(ended(1, provider_error(ProviderErrorCode::provider_overloaded)));
  EXPECT_EQ(scene.last<events::RetryScheduled>(), nullptr);
  EXPECT_TRUE(asks_for_slot(scene.decision(), 2));
  scene.given(slot(2));
  const auto* trimmed = scene.last<events::ContextTrimmed>();
  ASSERT_NE(trimmed, nullptr);
  EXPECT_TRUE(trimmed->summary->starts_with(kSummaryHead)) << *trimmed->summary;
  EXPECT_EQ(scene.last<events::ProviderRequested>()->purpose, AttemptPurpose::answer);
}

TEST(SummaryCall, IsInExtractsWhereTheModelSaysNothing) {
  Scene scene = full_scene();
  scene.given(slot(1)).given(chunk(1, {used(10, 5), finished()})).given(slot(2));
  EXPECT_TRUE(scene.last<events::ContextTrimmed>()->summary->starts_with(kSummaryHead));
}

TEST(SummaryCall, ALostOneIsNotMadeAgain) {
  Scene scene = full_scene();
  scene.given(slot(1)).given(recovered()).given(lost(1)).given(slot(2));
  EXPECT_EQ(scene.last<events::ProviderRequested>()->purpose, AttemptPurpose::answer);
}

TEST(SummaryCall, ToolCallsOfItsAnswerAreNotMade) {
  Scene scene = full_scene();
  scene.given(slot(1)).given(call_answer(1));
  EXPECT_EQ(scene.last<events::ToolCallRequested>(), nullptr);
  scene.given(slot(2)).given(answer(2, "Under the mat."));
  EXPECT_NE(scene.last<events::Completed>(), nullptr);
}

TEST(SummaryCall, AnAbortEndsTheRun) {
  Scene scene = full_scene();
  scene.given(slot(1)).given(abort(AbortMode::now));
  EXPECT_EQ(scene.last<events::Aborted>(), nullptr);
  scene.given(ended(1, RuntimeError{RuntimeErrorCode::cancelled, "as told", "", {}}));
  ASSERT_NE(scene.last<events::Aborted>(), nullptr);
  EXPECT_EQ(scene.last<events::Aborted>()->partial_output, "");
}

TEST(SummaryCall, ALongOneIsCut) {
  Scene scene = full_scene();
  scene.given(slot(1)).given(answer(1, std::string(5'000, 's'))).given(slot(2));
  const auto* trimmed = scene.last<events::ContextTrimmed>();
  ASSERT_NE(trimmed, nullptr);
  EXPECT_LE(event::estimate_tokens(user_text(*trimmed->summary)), 60U);
  EXPECT_TRUE(trimmed->summary->ends_with("…"));
}

}  // namespace
}  // namespace orchestrator::harness::kernel
