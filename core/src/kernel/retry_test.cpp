// SPDX-License-Identifier: Apache-2.0
// Goal: a failed attempt is made again when, and only when, the policy says so; what was seen is never repeated in
// silence; another model of the plan takes over where the first one cannot go on. Method: whole decisions.
#include "kernel/retry.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "kernel/testing/kernel_scene.hpp"

namespace orchestrator::harness::kernel {
namespace {

using event::effects::AcquireSlot;

events::RunStarted retrying(AfterOutput after_output = AfterOutput::fail) {
  events::RunStarted spec = example_spec();
  spec.retries = {3, 500, 8'000, 60'000, after_output};
  return spec;
}

ModelRef model(const char* name) { return {ProviderId("scripted"), name}; }

events::RunStarted with_fallback(events::RunStarted spec) {
  spec.model_plan.fallbacks = {model("second"), model("third")};
  return spec;
}

Error overloaded() { return provider_error(ProviderErrorCode::provider_overloaded, "busy"); }

InputValue ended_with_advice(std::uint32_t attempt, Error error, RetryAdvice advice) {
  return event::inputs::ProviderEnded{attempt, std::move(error), std::nullopt, 0, {}, advice};
}

InputValue refused(std::uint32_t attempt, event::inputs::SlotRefusal reason) {
  return event::inputs::SlotRefused{attempt, reason, 20'000};
}

template <class Payload>
const Payload* find(const Decision& decision) {
  for (const StreamEvent& event : decision.events) {
    if (const auto* payload = event.get_if<Payload>()) return payload;
  }
  return nullptr;
}

const AcquireSlot* acquired(const Decision& decision) {
  for (const event::Effect& effect : decision.effects) {
    if (const auto* slot = std::get_if<AcquireSlot>(&effect)) return slot;
  }
  return nullptr;
}

// Fails attempts with `error` from the first on, until the run ends or `most` have failed. Answers with the delays.
std::vector<std::uint64_t> delays_of(Scene& scene, const Error& error, std::uint32_t most) {
  std::vector<std::uint64_t> delays;
  std::uint64_t now_us = 1'000;
  for (std::uint32_t attempt = 1; attempt <= most; ++attempt) {
    scene.at(now_us).given(slot(attempt)).given(ended(attempt, error));
    const auto* retry = find<events::RetryScheduled>(scene.decision());
    if (retry == nullptr) break;
    delays.push_back(retry->delay_ms);
    now_us = acquired(scene.decision())->not_before_us;
  }
  return delays;
}

TEST(Retry, ARetryableFailureIsTriedAgainAfterAWait) {
  Scene scene(retrying());
  scene.given(slot(1)).at(100'000).when(ended(1, overloaded()));
  const auto* retry = find<events::RetryScheduled>(scene.decision());
  ASSERT_NE(retry, nullptr);
  EXPECT_LE(retry->delay_ms, 500U);
  AcquireSlot next = acquire(2);
  next.not_before_us = 100'000 + retry->delay_ms * 1'000;
  next.is_retry = true;
  scene.then({events::UsageReported{1, {}, {}, {}}, events::AttemptFailed{1, overloaded(), {}},
              events::RetryScheduled{2, 1, "provider_overloaded", retry->delay_ms, RetryAfter::none, RetryMode::again}},
             {next});
  scene.at(next.not_before_us).given(slot(2)).given(answer(2, "Hello"));
  ASSERT_NE(find<events::Completed>(scene.decision()), nullptr);
  EXPECT_EQ(find<events::Completed>(scene.decision())->output, "Hello");
}

TEST(Retry, EndsWithTheErrorOfTheLastAttempt) {
  Scene scene(retrying());
  EXPECT_EQ(delays_of(scene, overloaded(), 9).size(), 2U);
  const auto* end = find<events::Error>(scene.decision());
  ASSERT_NE(end, nullptr);
  EXPECT_EQ(end->error, overloaded());
}

TEST(Retry, TheWaitIsDrawnFromTheSeedAndBounded) {
  events::RunStarted spec = retrying();
  spec.retries.attempts_max = 12;
  std::vector<std::vector<std::uint64_t>> all;
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    spec.seed = seed;
    Scene scene(spec);
    all.push_back(delays_of(scene, overloaded(), 12));
    ASSERT_EQ(all.back().size(), 11U);
    for (std::size_t i = 0; i < all.back().size(); ++i) {
      EXPECT_LE(all.back()[i], std::min<std::uint64_t>(8'000, 500ULL << i)) << "wait " << i;
    }
    Scene again(spec);
    EXPECT_EQ(delays_of(again, overloaded(), 12), all.back()) << "the same seed waits as long";
  }
  EXPECT_NE(all[0], all[1]);
  std::uint64_t longest = 0;
  for (const auto& delays : all) longest = std::max(longest, delays[10]);
  EXPECT_GT(longest, 4'000U) << "the last wait uses its whole range";
}

TEST(Retry, WhatIsNotRetryableIsNot) {
  for (int i = 0; i <= static_cast<int>(ProviderErrorCode::provider_unknown); ++i) {
    const Error error = provider_error(static_cast<ProviderErrorCode>(i), "as told");
    Scene scene(retrying());
    scene.given(slot(1)).given(ended(1, error));
    EXPECT_EQ(find<events::RetryScheduled>(scene.decision()) != nullptr, error.retryable) << error.code;
    EXPECT_EQ(find<events::Error>(scene.decision()) == nullptr, error.retryable) << error.code;
  }
  Scene scene(retrying());
  scene.given(slot(1)).given(ended(1, RuntimeError{RuntimeErrorCode::storage_full, "no room", "", {}}));
  EXPECT_NE(find<events::Error>(scene.decision()), nullptr) << "a failure of this machine is not the provider's";
}

TEST(Retry, AFailureInsideTheStreamCountsLikeAnyOther) {
  Scene scene(retrying());
  scene.given(slot(1)).given(headers(1)).given(chunk(1, {failed(overloaded())}));
  EXPECT_NE(find<events::RetryScheduled>(scene.decision()), nullptr);
}

TEST(Retry, TheProvidersWaitIsKeptUpToTheCap) {
  struct Case {
    RetryAdvice advice;
    std::uint64_t least;
    RetryAfter said;
  };
  for (const Case& row :
       {Case{{2'000, false, {}}, 2'000, RetryAfter::honoured},
        Case{{60'000, false, true}, 60'000, RetryAfter::honoured}, Case{{60'000, true, {}}, 60'000, RetryAfter::cut},
        Case{{0, true, {}}, 0, RetryAfter::cut}, Case{{3'600'000, false, {}}, 60'000, RetryAfter::cut},
        Case{{std::nullopt, false, true}, 0, RetryAfter::none}}) {
    Scene scene(retrying());
    scene.given(slot(1)).given(ended_with_advice(1, overloaded(), row.advice));
    const auto* retry = find<events::RetryScheduled>(scene.decision());
    ASSERT_NE(retry, nullptr);
    EXPECT_GE(retry->delay_ms, row.least);
    EXPECT_LE(retry->delay_ms, row.least + 500);
    EXPECT_EQ(retry->retry_after, row.said);
  }
}

TEST(Retry, AProviderThatSaysNoIsNotAskedAgain) {
  Scene scene(retrying());
  scene.given(slot(1)).given(ended_with_advice(1, overloaded(), {std::nullopt, false, false}));
  EXPECT_NE(find<events::Error>(scene.decision()), nullptr);
}

TEST(Retry, AWaitThatTheRunsDeadlineWouldEndIsNotBegun) {
  events::RunStarted spec = retrying();
  spec.timeouts.run_ms = 10'000;
  Scene scene(spec);
  scene.given(slot(1)).at(2'000'000).given(ended_with_advice(1, overloaded(), {30'000, false, {}}));
  const auto* end = find<events::Error>(scene.decision());
  ASSERT_NE(end, nullptr);
  EXPECT_EQ(end->error, overloaded());
}

TEST(Retry, NotOnceOutputWasSeen) {
  for (const event::ProviderPart& part : {text("a", "Hel"), thought("r", "Hm"), arguments("t", "{")}) {
    Scene scene(with_fallback(retrying()));
    scene.given(slot(1)).given(chunk(1, {part})).given(ended(1, overloaded()));
    EXPECT_NE(find<events::Error>(scene.decision()), nullptr);
    EXPECT_EQ(find<events::AttemptFailed>(scene.decision())->voided_items.size(), 1U);
  }
}

TEST(Retry, RestartsInTheOpenWhereThePolicySaysSo) {
  Scene scene(retrying(AfterOutput::restart));
  scene.given(slot(1)).given(chunk(1, {text("a", "Hel")})).given(ended(1, overloaded()));
  const auto* retry = find<events::RetryScheduled>(scene.decision());
  ASSERT_NE(retry, nullptr);
  EXPECT_EQ(retry->mode, RetryMode::restart);
  EXPECT_EQ(find<events::AttemptFailed>(scene.decision())->voided_items, std::vector<std::string>{"a"});
  scene.at(60'000'000).given(slot(2)).given(answer(2, "Hello"));
  EXPECT_EQ(find<events::Completed>(scene.decision())->output, "Hello");
}

TEST(Retry, ContinuesTheTextWhereThePolicySaysSo) {
  Scene scene(retrying(AfterOutput::continue_answer));
  scene.given(slot(1)).given(chunk(1, {thought("r", "Hm"), text("a", "Hello, ")})).given(ended(1, overloaded()));
  EXPECT_EQ(find<events::RetryScheduled>(scene.decision())->mode, RetryMode::continue_answer);
  EXPECT_EQ(find<events::AttemptFailed>(scene.decision())->voided_items, std::vector<std::string>{"r"});
  scene.at(60'000'000).given(slot(2));
  const auto* call = std::get_if<event::effects::CallProvider>(&scene.decision().effects.front());
  ASSERT_NE(call, nullptr);
  ASSERT_EQ(call->context.size(), 3U);
  EXPECT_EQ(call->context[1].item->value, message("Hello, "));
  scene.given(chunk(2, {text("a", "wor")})).given(ended(2, overloaded()));
  scene.at(120'000'000).given(slot(3)).given(answer(3, "ld"));
  EXPECT_EQ(find<events::Completed>(scene.decision())->output, "Hello, world");
}

TEST(Retry, AnAbortWhileContinuingKeepsTheTextOnce) {
  Scene scene(retrying(AfterOutput::continue_answer));
  scene.given(slot(1)).given(chunk(1, {text("a", "Hello, ")})).given(ended(1, overloaded()));
  scene.at(60'000'000).given(slot(2)).given(chunk(2, {text("a", "wor")})).given(abort(AbortMode::now));
  scene.given(ended(2, RuntimeError{RuntimeErrorCode::cancelled, "cancelled", "", {}}));
  ASSERT_NE(find<events::Aborted>(scene.decision()), nullptr);
  EXPECT_EQ(find<events::Aborted>(scene.decision())->partial_output, "Hello, wor");
  const auto context = context_after(scene.state());
  ASSERT_EQ(context.size(), 3U) << "input, what was kept, what came of it; not the word to go on";
  EXPECT_EQ(context[1].item->value, message("Hello, "));
  EXPECT_EQ(context[2].item->value, message("wor"));
}

TEST(Retry, AnAbortBeforeARestartKeepsNothingThatIsVoid) {
  Scene scene(retrying(AfterOutput::restart));
  scene.given(slot(1)).given(chunk(1, {text("a", "Hel")})).given(ended(1, overloaded())).given(abort(AbortMode::now));
  ASSERT_NE(find<events::Aborted>(scene.decision()), nullptr);
  EXPECT_EQ(find<events::Aborted>(scene.decision())->partial_output, "");
}

TEST(Retry, APauseDoesNotUseUpTheRunsDeadline) {
  events::RunStarted spec = retrying();
  spec.timeouts.run_ms = 60'000;
  Scene scene(spec);
  scene.given(slot(1)).at(30'000'000).given(pause()).at(70'000'000).given(ended(1, overloaded()));
  EXPECT_NE(find<events::RetryScheduled>(scene.decision()), nullptr);
}

TEST(Retry, ARunOfBeforeIsDecidedByItsRules) {
  events::RunStarted spec = with_fallback(retrying());
  spec.behaviours = {1};
  Scene scene(spec);
  scene.given(slot(1)).given(event::inputs::ProviderHeaders{1, 401, ""});
  scene.given(ended(1, provider_error(ProviderErrorCode::provider_auth_failed, "no")));
  EXPECT_EQ(find<events::FallbackSelected>(scene.decision()), nullptr);
  EXPECT_NE(find<events::Error>(scene.decision()), nullptr);
  EXPECT_EQ(find<events::UsageReported>(scene.decision())->usage, Usage{});
}

TEST(Retry, WhatCannotBeContinuedIsRestarted) {
  Scene scene(retrying(AfterOutput::continue_answer));
  scene.given(slot(1)).given(chunk(1, {text("a", "I call"), arguments("t", "{")})).given(ended(1, overloaded()));
  EXPECT_EQ(find<events::RetryScheduled>(scene.decision())->mode, RetryMode::restart);
}

TEST(Retry, EachTurnHasItsOwnAttempts) {
  events::RunStarted spec = retrying();
  spec.tools = {example_tool(EffectClass::pure)};
  Scene scene(spec);
  scene.given(slot(1)).given(ended(1, overloaded())).at(60'000'000).given(slot(2));
  scene.given(ended(2, overloaded())).at(120'000'000).given(slot(3)).given(call_answer(3, {"c1"}));
  scene.given(prepared("c1")).given(returned("c1", "done")).given(slot(4)).given(ended(4, overloaded()));
  EXPECT_NE(find<events::RetryScheduled>(scene.decision()), nullptr);
}

TEST(Retry, AnAbortWhileItWaitsEndsTheRun) {
  Scene scene(retrying());
  scene.given(slot(1)).given(ended(1, overloaded())).given(abort(AbortMode::now));
  EXPECT_NE(find<events::Aborted>(scene.decision()), nullptr);
}

TEST(Retry, APauseWhileItWaitsKeepsTheWait) {
  Scene scene(retrying());
  scene.given(slot(1)).given(ended(1, overloaded()));
  const AcquireSlot wanted = *acquired(scene.decision());
  scene.given(pause()).given(resume());
  ASSERT_NE(acquired(scene.decision()), nullptr);
  EXPECT_EQ(*acquired(scene.decision()), wanted);
}

TEST(Fallback, TakesTheNextModelOnceTheAttemptsAreUsedUp) {
  Scene scene(with_fallback(retrying()));
  scene.given(slot(1)).given(ended(1, overloaded())).at(60'000'000).given(slot(2)).given(ended(2, overloaded()));
  scene.at(120'000'000).given(slot(3)).when(ended(3, overloaded()));
  const events::RejectedModel rejected{model("demo"), {"failed:provider_overloaded"}};
  AcquireSlot next = acquire(4);
  next.model = model("second");
  scene.then({events::UsageReported{3, {}, {}, {}}, events::AttemptFailed{3, overloaded(), {}},
              events::FallbackSelected{4, 1, model("demo"), model("second"), "provider_overloaded", RetryMode::again},
              events::ModelSelected{model("second"), "", {}, {rejected}}},
             {next});
  scene.given(slot(4)).given(ended(4, overloaded()));
  EXPECT_NE(find<events::RetryScheduled>(scene.decision()), nullptr) << "the second model has attempts of its own";
}

TEST(Fallback, IsForWhatAnotherModelMayMend) {
  struct Case {
    ProviderErrorCode code;
    bool falls_back;
  };
  for (const Case& row :
       {Case{ProviderErrorCode::provider_quota_exhausted, true}, Case{ProviderErrorCode::provider_auth_failed, true},
        Case{ProviderErrorCode::provider_context_overflow, true},
        Case{ProviderErrorCode::provider_model_not_found, true}, Case{ProviderErrorCode::provider_bad_request, false},
        Case{ProviderErrorCode::provider_content_policy, false}, Case{ProviderErrorCode::provider_unknown, false}}) {
    Scene scene(with_fallback(retrying()));
    scene.given(slot(1)).given(ended(1, provider_error(row.code, "as told")));
    EXPECT_EQ(find<events::FallbackSelected>(scene.decision()) != nullptr, row.falls_back) << name_of(row.code);
  }
}

// The first model of the plan fits, the others do not.
events::RunStarted with_unfit_fallbacks() {
  events::RunStarted spec = with_fallback(retrying());
  spec.model_plan.needs.context_tokens = 100'000;
  ModelOffer large{.model = spec.model_plan.primary};
  large.context_tokens = 200'000;
  ModelOffer small{.model = model("second")};
  small.context_tokens = 8'000;
  spec.offers = {large, small};
  return spec;
}

TEST(Fallback, SaysOfEveryModelWhyItDoesNotFit) {
  Scene scene(with_unfit_fallbacks());
  const Error refusal = provider_error(ProviderErrorCode::provider_auth_failed, "no");
  scene.given(slot(1)).when(ended(1, refusal));
  scene.then({events::UsageReported{1, {}, {}, {}}, events::AttemptFailed{1, refusal, {}},
              events::NegotiationFailed{{{model("demo"), {"failed:provider_auth_failed"}},
                                         {model("second"), {"too_small:context_tokens"}},
                                         {model("third"), {"unknown:context_tokens"}}}},
              events::Error{refusal, "", {}, {}, {}}});
}

TEST(Fallback, SaysSoWhereTheModelIsLeftAlone) {
  Scene scene(with_unfit_fallbacks());
  scene.given(refused(1, event::inputs::SlotRefusal::circuit_open));
  const auto* failed = find<events::NegotiationFailed>(scene.decision());
  ASSERT_NE(failed, nullptr);
  EXPECT_EQ(failed->rejected.front().reasons, std::vector<std::string>{"circuit_open"});
  EXPECT_EQ(failed->rejected.size(), 3U);
}

TEST(Fallback, SaysNothingWhereNoModelIsLeftOrTheRunIsOlder) {
  events::RunStarted older = with_unfit_fallbacks();
  older.behaviours = {1, 2};
  for (const events::RunStarted& spec : {retrying(), older}) {
    Scene scene(spec);
    scene.given(slot(1)).given(ended(1, provider_error(ProviderErrorCode::provider_auth_failed, "no")));
    EXPECT_EQ(find<events::NegotiationFailed>(scene.decision()), nullptr);
    EXPECT_NE(find<events::Error>(scene.decision()), nullptr);
  }
}

TEST(Fallback, EndsWithTheLastModel) {
  events::RunStarted spec = with_fallback(retrying());
  spec.retries.attempts_max = 1;
  Scene scene(spec);
  for (std::uint32_t attempt = 1; attempt <= 3; ++attempt)
    scene.given(slot(attempt)).given(ended(attempt, overloaded()));
  EXPECT_NE(find<events::Error>(scene.decision()), nullptr);
}

TEST(Circuit, AnOpenOneSendsTheRunToTheNextModel) {
  Scene scene(with_fallback(retrying()));
  scene.when(refused(1, event::inputs::SlotRefusal::circuit_open));
  AcquireSlot next = acquire(1);
  next.model = model("second");
  scene.then({events::CircuitOpened{model("demo"), 20'000},
              events::FallbackSelected{1, 1, model("demo"), model("second"), "provider_circuit_open", RetryMode::again},
              events::ModelSelected{model("second"), "", {}, {{model("demo"), {"circuit_open"}}}}},
             {next});
}

TEST(Circuit, AnOpenOneEndsARunWithoutAnotherModel) {
  Scene scene(retrying());
  scene.given(slot(1)).given(ended(1, overloaded())).given(refused(2, event::inputs::SlotRefusal::circuit_open));
  const auto* end = find<events::Error>(scene.decision());
  ASSERT_NE(end, nullptr);
  EXPECT_EQ(end->error.code, "provider_circuit_open");
  ASSERT_EQ(end->error.cause.size(), 1U);
  EXPECT_EQ(end->error.cause.front().code, "provider_overloaded");
}

TEST(Circuit, AnAnswerOfTheProbeClosesIt) {
  Scene scene(retrying());
  scene.given(event::inputs::SlotGranted{1, true}).given(answer(1, "Hello"));
  ASSERT_NE(find<events::CircuitClosed>(scene.decision()), nullptr);
  EXPECT_EQ(find<events::CircuitClosed>(scene.decision())->model, model("demo"));
  Scene plain(retrying());
  plain.given(slot(1)).given(answer(1, "Hello"));
  EXPECT_EQ(find<events::CircuitClosed>(plain.decision()), nullptr);
}

TEST(RetryBudget, AnEmptyOneEndsTheRunWithItsError) {
  Scene scene(retrying());
  scene.given(slot(1)).given(ended(1, overloaded())).given(refused(2, event::inputs::SlotRefusal::retry_budget));
  const auto* end = find<events::Error>(scene.decision());
  ASSERT_NE(end, nullptr);
  EXPECT_EQ(end->error.code, "provider_overloaded");
  ASSERT_EQ(end->error.cause.size(), 1U);
  EXPECT_EQ(end->error.cause.front().code, "retry_budget");
}

TEST(Retry, ARefusalOfAnotherAttemptCountsNot) {
  Scene scene(retrying());
  scene.when(refused(2, event::inputs::SlotRefusal::circuit_open)).then_nothing();
  scene.given(slot(1)).when(refused(1, event::inputs::SlotRefusal::circuit_open)).then_nothing();
}

}  // namespace
}  // namespace orchestrator::harness::kernel
