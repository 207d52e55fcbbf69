// SPDX-License-Identifier: Apache-2.0
// Goal: policies reach a run from harness, session and builder; failures are made good through the real runtime; what
// runs share (circuits, the budget of retries) holds across them. Method: scripts of faults; no wait is longer than its
// policy, which is 0 to a few ms here.
#include <gtest/gtest.h>

#include <functional>

#include "scripted_harness.hpp"

namespace orchestrator::harness::integration {
namespace {

constexpr const char* kBusyOnce =
    R"({"turns":[{"text":"Hello","usage":{"input":7,"output":5},"faults":[{"kind":"http","status":503}]}]})";
// Never answers.
constexpr const char* kBusy = R"({"turns":[{"text":"Hello","faults":[
  {"kind":"http","status":503},{"kind":"http","status":503},{"kind":"http","status":503},{"kind":"http","status":503}]}]})";
constexpr const char* kCutOnce =
    R"({"turns":[{"text":"Hello, world","delta_chars":1,"faults":[{"kind":"cut","after_bytes":1500}]}]})";

RetryPolicy at_once(std::uint32_t attempts, AfterOutput after_output = AfterOutput::fail) {
  return {attempts, 0, 0, 0, after_output};
}

HarnessBuilder builder_of(std::vector<std::pair<std::string, std::string>> scripts) {
  HarnessBuilder builder;
  const std::string first = scripts.front().first;
  builder.provider(scripted_provider(scripts).value()).default_model("scripted/" + first);
  return builder;
}

std::string error_code(const std::vector<StreamEvent>& events) {
  const auto errors = of_type<StreamEvent::Error>(events);
  return errors.empty() ? "" : errors.front().error.code;
}

TEST(Reliability, AFailureIsMadeGoodAndItsTokensAddUp) {
  Harness harness = builder_of({{"busy", kBusyOnce}}).retries(at_once(3)).build().value();
  auto run = harness.session().run("Hi").start().value();
  const auto events = all_events(run);
  const auto completed = of_type<StreamEvent::Completed>(events);
  ASSERT_EQ(completed.size(), 1U);
  EXPECT_EQ(completed[0].output, "Hello");
  EXPECT_EQ(completed[0].usage.input, 7U) << "a request that was refused used nothing";
  EXPECT_EQ(of_type<StreamEvent::RetryScheduled>(events).size(), 1U);
  EXPECT_EQ(of_type<StreamEvent::UsageReported>(events).size(), 2U);
}

TEST(Reliability, TheNearestPolicyCounts) {
  Harness harness = builder_of({{"busy", kBusyOnce}}).retries(at_once(1)).build().value();
  auto of_harness = harness.session().run("Hi").start().value();
  EXPECT_EQ(error_code(all_events(of_harness)), "provider_overloaded");

  SessionConfig config;
  config.retries = at_once(2);
  Session session = harness.session(config);
  auto of_session = session.run("Hi").start().value();
  EXPECT_EQ(error_code(all_events(of_session)), "");

  auto of_run = harness.session(config).run("Hi").retries(at_once(1)).start().value();
  EXPECT_EQ(error_code(all_events(of_run)), "provider_overloaded");
}

TEST(Reliability, PoliciesThatAreOutOfRangeAreRefused) {
  Harness harness = builder_of({{"busy", kBusyOnce}}).build().value();
  const auto code_of = [&](RunBuilder run) { return run.start().error().at; };
  Session session = harness.session();
  EXPECT_EQ(code_of(session.run("Hi").retries(at_once(0))), "retries.attempts_max");
  EXPECT_EQ(code_of(session.run("Hi").retries(at_once(21))), "retries.attempts_max");
  EXPECT_EQ(code_of(session.run("Hi").retries({3, 600'001, 0, 0, AfterOutput::fail})), "retries");
  EXPECT_EQ(code_of(session.run("Hi").fallback("scripted/busy")), "model_plan.fallbacks");
  ModelNeeds needs;
  needs.capabilities = {"tool"};
  EXPECT_EQ(code_of(session.run("Hi").needs(needs)), "model_plan.needs.capabilities");
  TimeoutPolicy timeouts;
  timeouts.first_token_ms = 0;
  EXPECT_EQ(code_of(session.run("Hi").timeouts(timeouts)), "timeouts");
}

TEST(Reliability, WhatWasSeenIsNotRepeatedUnlessToldSo) {
  Harness harness = builder_of({{"cut", kCutOnce}}).retries(at_once(3)).build().value();
  auto failing = harness.session().run("Hi").start().value();
  const auto failed = all_events(failing);
  EXPECT_EQ(error_code(failed), "provider_stream_truncated");
  EXPECT_FALSE(of_type<StreamEvent::OutputDelta>(failed).empty()) << "some of it was seen";

  auto restarting = harness.session().run("Hi").retries(at_once(3, AfterOutput::restart)).start().value();
  const auto restarted = all_events(restarting);
  ASSERT_EQ(of_type<StreamEvent::RetryScheduled>(restarted).size(), 1U);
  EXPECT_EQ(of_type<StreamEvent::RetryScheduled>(restarted)[0].mode, RetryMode::restart);
  ASSERT_EQ(of_type<StreamEvent::Completed>(restarted).size(), 1U);
  EXPECT_EQ(of_type<StreamEvent::Completed>(restarted)[0].output, "Hello, world");
}

TEST(Reliability, AnotherModelTakesOver) {
  Harness harness =
      builder_of({{"busy", kBusy}, {"calm", R"({"turns":[{"text":"Here"}]})"}}).retries(at_once(2)).build().value();
  auto run = harness.session().run("Hi").fallback("scripted/calm").start().value();
  const auto events = all_events(run);
  const auto fallbacks = of_type<StreamEvent::FallbackSelected>(events);
  ASSERT_EQ(fallbacks.size(), 1U);
  EXPECT_EQ(fallbacks[0].to.str(), "scripted/calm");
  ASSERT_EQ(of_type<StreamEvent::Completed>(events).size(), 1U);
  EXPECT_EQ(of_type<StreamEvent::Completed>(events)[0].output, "Here");
  EXPECT_EQ(of_type<StreamEvent::ModelSelected>(events).at(1).rejected.at(0).reasons.at(0),
            "failed:provider_overloaded");
}

TEST(Reliability, ACircuitOpensForAllRunsOfTheHarness) {
  Harness harness = builder_of({{"busy", kBusy}}).retries(at_once(1)).circuit({2, 600'000}).build().value();
  for (int i = 0; i < 2; ++i) {
    auto run = harness.session().run("Hi").start().value();
    EXPECT_EQ(error_code(all_events(run)), "provider_overloaded");
  }
  auto run = harness.session().run("Hi").start().value();
  const auto events = all_events(run);
  EXPECT_EQ(error_code(events), "provider_circuit_open");
  EXPECT_TRUE(of_type<StreamEvent::ProviderRequested>(events).empty()) << "the model is left alone";
  ASSERT_EQ(of_type<StreamEvent::CircuitOpened>(events).size(), 1U);
}

TEST(Reliability, TheFirstCallAfterAWhileClosesTheCircuit) {
  Harness harness = builder_of({{"busy", kBusyOnce}}).retries(at_once(2)).circuit({1, 0}).build().value();
  auto run = harness.session().run("Hi").start().value();
  const auto events = all_events(run);
  ASSERT_EQ(of_type<StreamEvent::Completed>(events).size(), 1U);
  ASSERT_EQ(of_type<StreamEvent::CircuitClosed>(events).size(), 1U);
  EXPECT_TRUE(of_type<StreamEvent::ProviderRequested>(events).at(1).is_probe);
}

TEST(Reliability, AProbeThatIsAbortedLeavesTheNextRunItsOwn) {
  const char* slow = R"({"turns":[{"text":"Hello","first_delay_ms":600000,"faults":[{"kind":"http","status":503}]}]})";
  Harness harness = builder_of({{"slow", slow}}).retries(at_once(2)).circuit({1, 0}).build().value();
  auto probing = harness.session().run("Hi").start().value();
  EXPECT_FALSE(read_until<StreamEvent::ProviderRequested>(probing).is_probe);
  EXPECT_TRUE(read_until<StreamEvent::ProviderRequested>(probing).is_probe) << "the first failure opened the circuit";
  auto meanwhile = harness.session().run("Hi").start().value();
  EXPECT_EQ(error_code(all_events(meanwhile)), "provider_circuit_open") << "one probe at a time";
  ASSERT_TRUE(probing.abort());
  rest_of(probing);
  auto next = harness.session().run("Hi").start().value();
  EXPECT_TRUE(read_until<StreamEvent::ProviderRequested>(next).is_probe);
  ASSERT_TRUE(next.abort());
  rest_of(next);
}

TEST(Reliability, TheHarnessTriesAgainOnlySoOften) {
  Harness harness =
      builder_of({{"busy", kBusy}}).retries(at_once(3)).retry_budget({1, 0}).circuit({0, 0}).build().value();
  auto first = harness.session().run("Hi").start().value();
  const auto events = all_events(first);
  EXPECT_EQ(error_code(events), "provider_overloaded");
  EXPECT_EQ(of_type<StreamEvent::ProviderRequested>(events).size(), 2U);
  EXPECT_EQ(of_type<StreamEvent::Error>(events).at(0).error.cause.back().code, "retry_budget");
  auto second = harness.session().run("Hi").start().value();
  EXPECT_EQ(of_type<StreamEvent::ProviderRequested>(all_events(second)).size(), 1U);
}

TEST(Reliability, ASlowFirstTokenEndsTheAttempt) {
  const char* slow = R"({"turns":[{"text":"Hello","first_delay_ms":600000}]})";
  Harness harness = builder_of({{"slow", slow}, {"quick", R"({"turns":[{"text":"Here"}]})"}}).build().value();
  TimeoutPolicy timeouts;
  timeouts.first_token_ms = 5;
  auto run =
      harness.session().run("Hi").timeouts(timeouts).retries(at_once(2)).fallback("scripted/quick").start().value();
  const auto events = all_events(run);
  const auto fired = of_type<StreamEvent::TimeoutFired>(events);
  ASSERT_EQ(fired.size(), 2U);
  EXPECT_EQ(fired[0].timer, TimerKind::first_token);
  EXPECT_EQ(of_type<StreamEvent::AttemptFailed>(events).at(0).error.code, "provider_first_token_timeout");
  ASSERT_EQ(of_type<StreamEvent::Completed>(events).size(), 1U);
}

TEST(Reliability, OneSlotIsEnoughForATurnThatIsTriedAgain) {
  Harness harness = builder_of({{"busy", kBusyOnce}}).retries(at_once(3)).concurrency(1).build().value();
  for (int i = 0; i < 3; ++i) {
    auto run = harness.session().run("Hi").start().value();
    EXPECT_EQ(of_type<StreamEvent::Completed>(all_events(run)).size(), 1U);
  }
}

TEST(Reliability, AnAbortEndsTheWaitForAnotherAttempt) {
  Harness harness = builder_of({{"busy", R"({"turns":[{"text":"Hello","faults":[
    {"kind":"http","status":429,"retry_after":"60"}]}]})"}})
                        .build()
                        .value();
  auto run = harness.session().run("Hi").start().value();
  const auto retry = read_until<StreamEvent::RetryScheduled>(run);
  EXPECT_GE(retry.delay_ms, 60'000U);
  EXPECT_EQ(retry.retry_after, RetryAfter::honoured);
  ASSERT_TRUE(run.abort());
  const auto events = rest_of(run);
  EXPECT_EQ(of_type<StreamEvent::Aborted>(events).size(), 1U);
}

TEST(Reliability, WithoutABoundAContextIsKeptWithinTheModelsWindow) {
  const auto catalogue = ModelCatalogue::parse(
      R"({"version":"mine","models":[{"model":"scripted/small","context_tokens":8000,"output_tokens_max":1000},
          {"model":"scripted/large","context_tokens":64000}]})",
      "test");
  const char* const script = R"({"turns":[{"text":"Hi"}]})";
  Harness harness = builder_of({{"small", script}, {"large", script}}).catalogue(catalogue.value()).build().value();
  const auto bound_of = [&](const std::function<void(RunBuilder&)>& edit) {
    RunBuilder builder = harness.session().run("Hi");
    edit(builder.model("scripted/small"));
    auto run = builder.start().value();
    return of_type<StreamEvent::RunStarted>(all_events(run))[0].context.tokens_max;
  };
  EXPECT_EQ(bound_of([](RunBuilder&) {}), 5'250U) << "three quarters of what the answer leaves";
  EXPECT_EQ(bound_of([](RunBuilder& run) { run.fallback("scripted/large"); }), std::nullopt)
      << "what is too long for the first is for the second";
  ContextPolicy policy;
  policy.tokens_max = 100;
  EXPECT_EQ(bound_of([&](RunBuilder& run) { run.context(policy); }), 100U);
}

TEST(Reliability, CostIsCountedByTheCallersCatalogue) {
  const auto catalogue = ModelCatalogue::parse(
      R"({"version":"mine","models":[{"model":"scripted/plain","output_tokens_max":1000,
          "usd_per_million":{"input":1,"cached_input":0.5,"output":4}}]})",
      "test");
  Harness harness =
      builder_of({{"plain", R"({"turns":[{"text":"Hi","usage":{"input":100,"cached_input":40,"output":10}}]})"}})
          .catalogue(catalogue.value())
          .build()
          .value();
  Budgets budget;
  budget.cost_micro_usd = 10'000;
  auto run = harness.session().run("Hi").budgets(budget).start().value();
  const auto events = all_events(run);
  ASSERT_EQ(of_type<StreamEvent::Completed>(events).size(), 1U);
  EXPECT_EQ(of_type<StreamEvent::Completed>(events)[0].cost_micro_usd, 60U + 20U + 40U);
  EXPECT_EQ(of_type<StreamEvent::UsageReported>(events)[0].price_table, "mine");

  budget.cost_micro_usd = 30;
  auto small = harness.session().run("Hi").budgets(budget).start().value();
  const auto stopped = all_events(small);
  EXPECT_EQ(error_code(stopped), "budget_exceeded");
  EXPECT_TRUE(of_type<StreamEvent::ProviderRequested>(stopped).empty()) << "stopped before the call";
}

}  // namespace
}  // namespace orchestrator::harness::integration
