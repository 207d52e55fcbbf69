// SPDX-License-Identifier: Apache-2.0
// Goal: cost is exact where all of it is known and unknown otherwise; a budget stops the run before the call that might
// pass it. Method: tables of the arithmetic, whole decisions for the budget.
#include "kernel/money.hpp"

#include <gtest/gtest.h>

#include <limits>

#include "kernel/testing/kernel_scene.hpp"

namespace orchestrator::harness::kernel {
namespace {

constexpr std::uint64_t kMost = std::numeric_limits<std::uint64_t>::max();

// 1.25, 0.125, 1.5625 and 10 USD for a million tokens; from 272,000 on 2.5, 0.25, none, 15.
ModelPrice example() {
  return {
      {1'250'000, 125'000, 1'562'500, 10'000'000}, 272'000, {2'500'000, 250'000, std::nullopt, 15'000'000}, "2026-11"};
}

Usage used_tokens(std::optional<std::uint64_t> input, std::optional<std::uint64_t> cached,
                  std::optional<std::uint64_t> written, std::optional<std::uint64_t> output) {
  Usage usage;
  usage.input = input;
  usage.cached_input = cached;
  usage.cache_write = written;
  usage.output = output;
  return usage;
}

TEST(Cost, IsTheSumOfItsParts) {
  EXPECT_EQ(cost_of(used_tokens(1'000, 0, 0, 100), example()), 1'250U + 1'000U);
  EXPECT_EQ(cost_of(used_tokens(1'000, 400, 0, 0), example()), 750U + 50U);
  EXPECT_EQ(cost_of(used_tokens(1'000, 400, 200, 0), example()), 500U + 50U + 313U) << "812.5 and 50, half up";
  EXPECT_EQ(cost_of(used_tokens(0, 0, 0, 0), example()), 0U);
}

TEST(Cost, IsRoundedOnceHalfUp) {
  const ModelPrice cheap{{500'000, 500'000, 500'000, 500'000}, {}, {}, "t"};
  EXPECT_EQ(cost_of(used_tokens(1, 0, 0, 0), cheap), 1U);
  EXPECT_EQ(cost_of(used_tokens(1, 0, 0, 1), cheap), 1U);
  EXPECT_EQ(cost_of(used_tokens(1, 0, 0, 2), cheap), 2U);
}

TEST(Cost, OfALongRequestIsByTheLongPricesWhole) {
  EXPECT_EQ(cost_of(used_tokens(272'000, 0, 0, 10), example()), 340'000U + 100U);
  EXPECT_EQ(cost_of(used_tokens(272'001, 1, 0, 10), example()), 680'000U + 150U) << "680,000.25";
  EXPECT_EQ(cost_of(used_tokens(272'001, 0, 1, 10), example()), std::nullopt) << "no price for writing there";
}

TEST(Cost, OfWhatIsNotKnownIsNotKnown) {
  Usage at_another_tier = used_tokens(1'000, 0, 0, 100);
  at_another_tier.unpriced = {"service_tier:flex"};
  EXPECT_EQ(cost_of(at_another_tier, example()), std::nullopt);
  EXPECT_EQ(cost_of(used_tokens(std::nullopt, 0, 0, 1), example()), std::nullopt);
  EXPECT_EQ(cost_of(used_tokens(1, 0, 0, std::nullopt), example()), std::nullopt);
  EXPECT_EQ(cost_of(used_tokens(1'000, std::nullopt, std::nullopt, 100), example()), 2'250U)
      << "what was not said to be cached or written is plain input";
  EXPECT_EQ(cost_of(used_tokens(1'000, 400, 0, 100), {{1'250'000, {}, {}, 10'000'000}, {}, {}, "t"}), std::nullopt)
      << "cached tokens of a model whose price for them is not known";
  EXPECT_EQ(cost_of(used_tokens(1, 0, 0, 1), {{{}, {}, {}, 10'000'000}, {}, {}, "t"}), std::nullopt);
}

TEST(Cost, OfNonsenseIsNotKnown) {
  EXPECT_EQ(cost_of(used_tokens(10, 11, 0, 1), example()), std::nullopt);
  EXPECT_EQ(cost_of(used_tokens(10, 6, 5, 1), example()), std::nullopt);
  Usage invalid = used_tokens(1, 0, 0, 1);
  invalid.invalid = true;
  EXPECT_EQ(cost_of(invalid, example()), std::nullopt);
  EXPECT_EQ(cost_of(used_tokens(kMost, 0, 0, kMost), {{kMost, kMost, kMost, kMost}, {}, {}, "t"}), std::nullopt);
  EXPECT_EQ(cost_at_most(kMost, kMost, {{kMost, kMost, kMost, kMost}, {}, {}, "t"}), kMost) << "a bound saturates";
}

TEST(Cost, AtMostTakesTheDearestInputAndRoundsUp) {
  EXPECT_EQ(cost_at_most(1'000, 100, example()), 1'563U + 1'000U);
  EXPECT_EQ(cost_at_most(1, 0, example()), 2U);
}

events::RunStarted priced(std::uint64_t budget) {
  events::RunStarted spec = example_spec();
  spec.budgets.cost_micro_usd = budget;
  ModelOffer offer{.model = spec.model_plan.primary, .wire = "chat"};
  offer.output_tokens_max = 1'000;
  offer.price = ModelPrice{{1'000'000, 1'000'000, 1'000'000, 2'000'000}, {}, {}, "t"};  // 1 and 2 micro-USD a token
  spec.offers = {offer};
  return spec;
}

std::optional<std::uint32_t> requested_limit(const Scene& scene) {
  for (const StreamEvent& event : scene.decision().events) {
    if (const auto* requested = event.get_if<events::ProviderRequested>()) return requested->max_output_tokens;
  }
  return 0U;  // no request
}

TEST(Budget, ACallThatFitsIsMadeAsItIs) {
  Scene scene(priced(100'000));
  scene.given(slot(1));
  EXPECT_EQ(requested_limit(scene), std::nullopt);
}

TEST(Budget, AnAnswerIsCutShortToFit) {
  Scene scene(priced(505));
  scene.given(slot(1));
  const std::uint64_t input = request_tokens(scene.state().facts);
  ASSERT_EQ(requested_limit(scene), (505 - input) / 2);
  const auto* call = std::get_if<event::effects::CallProvider>(&scene.decision().effects.front());
  ASSERT_NE(call, nullptr);
  EXPECT_EQ(call->settings.max_output_tokens, requested_limit(scene));
}

TEST(Budget, ACallOfWhichNotEvenAShortAnswerFitsIsNotMade) {
  Scene scene(priced(20));
  scene.given(slot(1));
  const auto* end = scene.decision().events.back().get_if<events::Error>();
  ASSERT_NE(end, nullptr);
  EXPECT_EQ(end->error.code, "budget_exceeded");
  EXPECT_EQ(end->error.at, "budgets.cost_micro_usd");
  EXPECT_EQ(requested_limit(scene), 0U);
}

TEST(Budget, WhatWasSpentCountsAndAddsUpToTheRun) {
  events::RunStarted spec = priced(5'000);
  spec.tools = {example_tool(EffectClass::pure)};
  Scene scene(spec);
  scene.given(slot(1));
  InputValue answered = call_answer(1, {"c1"});
  auto& parts = std::get<event::inputs::ProviderChunk>(answered).parts;
  parts.insert(parts.end() - 1, used(2'000, 1'490));
  scene.given(std::move(answered)).given(prepared("c1")).given(returned("c1", "done")).given(slot(2));
  const auto* end = scene.decision().events.back().get_if<events::Error>();
  ASSERT_NE(end, nullptr) << "2,000 + 2 x 1,490 micro-USD are spent, 20 are left";
  EXPECT_EQ(end->error.code, "budget_exceeded");
  EXPECT_EQ(end->cost_micro_usd, 4'980U);
}

TEST(Budget, AnAttemptOfUnknownCostCountsAsTheMostItMayHaveCost) {
  events::RunStarted spec = priced(2'500);
  spec.retries = {3, 0, 0, 0, AfterOutput::restart};
  Scene scene(spec);
  scene.given(slot(1)).given(headers(1)).given(chunk(1, {text("a", "Hel")}));
  scene.given(ended(1, provider_error(ProviderErrorCode::provider_stream_truncated, "cut")));
  scene.given(slot(2));
  ASSERT_TRUE(requested_limit(scene)) << "the first attempt may have cost 2,000 for its answer";
  EXPECT_LT(*requested_limit(scene), 260U);
  EXPECT_GT(*requested_limit(scene), 200U);
}

TEST(Budget, ARequestThatWasRefusedCostsNothing) {
  events::RunStarted spec = priced(2'500);
  spec.retries = {3, 0, 0, 0, AfterOutput::fail};
  Scene scene(spec);
  scene.given(slot(1)).given(event::inputs::ProviderHeaders{1, 429, ""});
  scene.given(ended(1, provider_error(ProviderErrorCode::provider_rate_limited, "slow down")));
  scene.given(slot(2));
  EXPECT_EQ(requested_limit(scene), std::nullopt);
  scene.given(answer(2, "Hello"));
  const auto* end = scene.decision().events.back().get_if<events::Completed>();
  ASSERT_NE(end, nullptr);
  EXPECT_EQ(end->cost_micro_usd, 20U) << "10 + 2 x 5";
  EXPECT_EQ(end->usage.input, 10U);
}

TEST(Budget, NeedsAPriceUnlessToldOtherwise) {
  events::RunStarted spec = priced(100);
  spec.offers.front().price.reset();
  Scene refused{std::vector<event::ContextEntry>{}};
  refused.when(start_of(spec)).then_refused(RuntimeErrorCode::budget_unpriced, "budgets.cost_micro_usd");
  spec.budgets.allow_unpriced = true;
  Scene scene(spec);
  scene.given(slot(1)).given(answer(1, "Hello"));
  const auto* end = scene.decision().events.back().get_if<events::Completed>();
  ASSERT_NE(end, nullptr);
  EXPECT_EQ(end->cost_micro_usd, std::nullopt) << "not known is not 0";
}

}  // namespace
}  // namespace orchestrator::harness::kernel
