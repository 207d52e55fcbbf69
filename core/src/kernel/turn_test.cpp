// SPDX-License-Identifier: Apache-2.0
// Goal: a turn's context and request are made from what the run holds, and after an answer the run goes on, ends or
// stops at a limit. Method: whole decisions.
#include <gtest/gtest.h>

#include "kernel/history_trim.hpp"
#include "kernel/testing/kernel_scene.hpp"

namespace orchestrator::harness::kernel {
namespace {

constexpr auto kInput = event::ContextSource::input;

event::ContextEntry entry(ConversationItem item, event::ContextSource source) {
  return event::make_context_entry(std::move(item), source);
}

// The events and effects of a request, for the context that the state holds afterwards.
events::ContextAssembled assembled(std::uint32_t turn, const std::vector<event::ContextEntry>& context,
                                   std::size_t first_new) {
  events::ContextAssembled event;
  event.turn = turn;
  event.items = context.size();
  constexpr const char* kNames[] = {"history", "input", "output", "hint", "tool_result"};
  for (std::size_t i = first_new; i < context.size(); ++i) {
    event.changes.push_back({context[i].hash, kNames[static_cast<std::size_t>(context[i].source)], context[i].tokens,
                             ContextVerdict::kept, ""});
    event.tokens_estimate += context[i].tokens;
  }
  for (std::size_t i = 0; i < first_new; ++i) event.tokens_estimate += context[i].tokens;
  event.context_hash = event::context_hash(context);
  return event;
}

events::ProviderRequested requested(std::uint32_t attempt, std::uint32_t turn, std::uint64_t queue_us) {
  return {attempt, turn, {ProviderId("scripted"), "demo"}, {}, queue_us};
}

event::effects::CallProvider provider_call_of(std::uint32_t attempt, std::uint32_t turn,
                                              std::vector<event::ContextEntry> context) {
  return {attempt, turn, {ProviderId("scripted"), "demo"}, {}, std::move(context)};
}

TEST(Turn, RequestsWithTheWholeContext) {
  const auto history = history_of(2);
  Scene scene(example_spec(), history);
  scene.at(5'000).when(slot(1));
  auto context = history;
  context.push_back(entry(user_text("Hi"), kInput));
  scene.then({assembled(1, context, 4), requested(1, 1, 5'000)}, {provider_call_of(1, 1, context)});
}

TEST(Turn, EventsOfAnAttemptHaveItsSpan) {
  Scene scene(example_spec());
  scene.given(slot(1)).given(headers(1)).given(answer(1, "Hello"));
  const SpanId run = run_span(example_spec());
  const SpanId attempt = attempt_span(example_spec(), 1);
  EXPECT_NE(run, attempt);
  for (const StreamEvent& event : scene.journal()) {
    const std::uint64_t seq = event.meta.seq;
    const bool is_of_attempt = seq > 2 && !event.is_terminal();
    EXPECT_EQ(event.meta.span_id, is_of_attempt ? attempt : run) << event.type();
  }
}

TEST(Turn, StartsTheTurnTimerWithTheRequest) {
  events::RunStarted spec = example_spec();
  spec.timeouts.turn_ms = 30;
  Scene scene(spec);
  scene.at(5'000).when(slot(1));
  const std::vector context{entry(user_text("Hi"), kInput)};
  scene.then({assembled(1, context, 0), requested(1, 1, 5'000)},
             {provider_call_of(1, 1, context), event::effects::StartTimer{TimerKind::turn, 35'000}});
}

TEST(Turn, OneSlotIsTakenOnceAndOnlyForThePresentAttempt) {
  Scene scene(example_spec());
  scene.when(slot(2)).then_nothing();
  scene.when(slot(0)).then_nothing();
  scene.given(slot(1));
  scene.when(slot(1)).then_nothing();
}

TEST(Turn, TrimsHistoryToTheInputLimit) {
  const auto history = history_of(4, 40);
  events::RunStarted spec = example_spec();
  std::vector<event::ContextEntry> context{history.begin() + 4, history.end()};
  context.push_back(entry(user_text("Hi"), kInput));
  spec.settings.max_input_tokens = total_tokens(context);
  spec.context.fill_percent = 100;
  Scene scene(spec, history);
  scene.when(slot(1));
  std::vector<event::ContextEntry> whole = history;
  whole.push_back(context.back());
  events::ContextTrimmed trimmed{"max_input_tokens", {}, total_tokens(whole), total_tokens(context), {}};
  for (std::size_t i = 0; i < 4; ++i) trimmed.dropped.push_back(history[i].hash);
  events::ContextAssembled made = assembled(1, context, 4);
  made.tokens_budget = spec.settings.max_input_tokens;
  event::effects::CallProvider called = provider_call_of(1, 1, context);
  called.settings.max_input_tokens = spec.settings.max_input_tokens;
  scene.then({trimmed, made, requested(1, 1, 1'000)}, {called});
}

TEST(Turn, KeepsTheInputWhateverTheInputLimitSays) {
  events::RunStarted spec = example_spec();
  spec.settings.max_input_tokens = 1;
  Scene scene(spec, history_of(1));
  scene.given(slot(1));
  EXPECT_EQ(std::get<Calling>(scene.state().phase).attempt.number, 1U);
  EXPECT_EQ(scene.state().facts.context.size(), 1U);
}

TEST(Turn, TheRequestHashTellsRequestsApart) {
  const auto hash = [](const events::RunStarted& spec) {
    Scene scene(spec);
    scene.given(slot(1));
    return scene.last<events::ProviderRequested>()->request_hash;
  };
  const events::RunStarted base = example_spec();
  EXPECT_EQ(hash(base), hash(base));
  std::vector<events::RunStarted> others(5, base);
  others[0].system = "Be brief";
  others[1].settings.temperature = 0.0;
  others[2].tools.emplace_back();
  others[3].input.emplace_back(TextPart{"there"});
  others[4].model_plan.primary.model = "other";
  for (const events::RunStarted& other : others) EXPECT_NE(hash(other), hash(base));
  events::RunStarted same = base;
  same.seed = 99;  // no part of the request
  EXPECT_EQ(hash(same), hash(base));
}

TEST(Turn, AnAnswerEndsTheRun) {
  Scene scene(example_spec());
  scene.given(slot(1));
  scene.when(answer(1, "Hello"));
  const ConversationItem item{message("Hello"), "scripted"};
  scene.then({events::OutputDelta{1, 1, "a", 0, "Hello"}, events::OutputItemCompleted{1, 1, "a", ItemKind::text, item},
              events::UsageReported{1, usage(10, 5), {}, {}},
              events::AttemptFinished{1, FinishReason::stop, "native", "demo-1", "resp_1"},
              events::Completed{FinishReason::stop, "Hello", usage(10, 5), {}, {}}});
}

TEST(Turn, TheReasonOfTheAnswerIsTheReasonOfTheRun) {
  const std::pair<FinishReason, FinishReason> cases[] = {
      {FinishReason::stop, FinishReason::stop},       {FinishReason::length, FinishReason::length},
      {FinishReason::refusal, FinishReason::refusal}, {FinishReason::content_filter, FinishReason::content_filter},
      {FinishReason::other, FinishReason::other},     {FinishReason::tool_calls, FinishReason::stop}};
  for (const auto& [reason, expected] : cases) {
    Scene scene(example_spec());
    scene.given(slot(1)).given(answer(1, "Hello", reason));
    ASSERT_NE(scene.last<events::Completed>(), nullptr);
    EXPECT_EQ(scene.last<events::Completed>()->finish_reason, expected);
  }
}

TEST(Turn, APausedAnswerIsContinued) {
  Scene scene(example_spec());
  scene.given(slot(1)).when(answer(1, "Hel", FinishReason::pause));
  EXPECT_EQ(scene.decision().effects, Effects{acquire(2)});
  scene.given(slot(2)).given(answer(2, "lo"));
  EXPECT_EQ(scene.last<events::Completed>()->output, "lo");
  EXPECT_EQ(scene.last<events::Completed>()->usage, usage(20, 10));
}

TEST(Turn, CallsAreAnsweredAndTheNextTurnHasTheirResults) {
  Scene scene(example_spec());
  scene.given(slot(1));
  scene.given(chunk(1, {done("a", call("c1", "read", "{\"x\":1}")), used(3, 4), finished(FinishReason::tool_calls)}));
  EXPECT_EQ(scene.decision().effects, Effects{acquire(2)});
  const auto asked_at = scene.now_us();
  scene.at(asked_at + 500).when(slot(2));
  ToolResultItem result{"c1", {TextPart{"unknown_tool: there is no tool of this name in this run"}}, true, false};
  const std::vector context{
      entry(user_text("Hi"), kInput),
      entry({call("c1", "read", "{\"x\":1}"), "scripted"}, event::ContextSource::output),
      entry({result, ""}, event::ContextSource::tool_result),
  };
  scene.then({assembled(2, context, 1), requested(2, 2, 1'500)}, {provider_call_of(2, 2, context)});
}

TEST(Turn, AnAnswerThatWasCutEndsTheRunThoughItAskedForCalls) {
  Scene scene(example_spec());
  scene.given(slot(1));
  scene.given(chunk(1, {done("a", call("c1", "read", "{\"x\"")), finished(FinishReason::length)}));
  EXPECT_EQ(scene.last<events::Completed>()->finish_reason, FinishReason::length);
}

TEST(Turn, TheTurnLimitEndsTheRun) {
  for (const bool by_budget : {false, true}) {
    events::RunStarted spec = example_spec();
    if (by_budget) {
      spec.budgets.turns = 2;
    } else {
      spec.limits.turns = 2;
    }
    Scene scene(spec);
    for (std::uint32_t attempt = 1; attempt <= 2; ++attempt) {
      scene.given(slot(attempt));
      scene.given(chunk(attempt, {done("a", call("c", "f", "{}")), finished(FinishReason::tool_calls)}));
    }
    ASSERT_NE(scene.last<events::Completed>(), nullptr);
    EXPECT_EQ(scene.last<events::Completed>()->finish_reason, FinishReason::tool_limit);
    EXPECT_TRUE(scene.decision().effects.empty());
  }
}

TEST(Turn, TheTokenBudgetEndsTheRunBeforeTheNextCall) {
  events::RunStarted spec = example_spec();
  spec.budgets.tokens = 15;
  Scene scene(spec);
  scene.given(slot(1));
  scene.when(chunk(1, {done("a", call("c1", "f", "{}")), used(10, 5), finished(FinishReason::tool_calls)}));
  const Error error =
      RuntimeError{RuntimeErrorCode::budget_exceeded, "the run has used 15 tokens, its budget is 15", "budgets.tokens"};
  ASSERT_NE(scene.last<events::Error>(), nullptr);
  EXPECT_EQ(*scene.last<events::Error>(),
            (events::Error{error, "", usage(10, 5), {}, scene.last<events::Error>()->latencies}));
  EXPECT_TRUE(scene.decision().effects.empty());
}

TEST(Turn, ATokenBudgetDoesNotTakeBackAnAnswer) {
  events::RunStarted spec = example_spec();
  spec.budgets.tokens = 1;
  Scene scene(spec);
  scene.given(slot(1)).given(answer(1, "Hello"));
  EXPECT_NE(scene.last<events::Completed>(), nullptr);
}

TEST(Turn, LatenciesAreSums) {
  Scene scene(example_spec());
  scene.at(1'000).given(slot(1));
  scene.at(4'000).given(chunk(1, {thought("r", "Hm")}));
  scene.at(6'000).given(chunk(1, {thought("r", "m")}));
  scene.at(14'000).given(chunk(
      1, {done("r", ReasoningItem{"Hmm", {}}), done("a", call("c1", "f", "{}")), finished(FinishReason::tool_calls)}));
  scene.at(20'000).given(slot(2));
  scene.at(25'000).given(answer(2, "Hello"));
  Latencies expected;
  expected.queue_us = 1'000;
  expected.first_token_us = 3'000;
  expected.inter_token_p50_us = 1'920;  // the lower end of 2,000's bucket
  expected.inter_token_p95_us = 1'920;
  expected.model_us = 13'000 + 5'000;
  expected.total_us = 25'000;
  EXPECT_EQ(scene.last<events::Completed>()->latencies, expected);
}

TEST(Turn, AnItemThatComesWholeCountsAsOutput) {
  Scene scene(example_spec());
  scene.at(1'000).given(slot(1));
  scene.at(4'000).given(chunk(1, {done("a", message("Hello")), finished()}));
  EXPECT_EQ(scene.last<events::Completed>()->output, "Hello");
  EXPECT_EQ(scene.last<events::Completed>()->latencies.first_token_us, 3'000U);
}

}  // namespace
}  // namespace orchestrator::harness::kernel
