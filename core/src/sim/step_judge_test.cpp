// SPDX-License-Identifier: Apache-2.0
// Goal: the judge passes what a sound kernel does, and names each rule that is broken. Method: decisions of a sound
// run with one thing changed.
#include "sim/step_judge.hpp"

#include <gtest/gtest.h>

#include <functional>

#include "kernel/testing/kernel_scene.hpp"

namespace orchestrator::harness::sim {
namespace {

std::string rule_of(const StepJudge& judge) { return judge.failure() ? judge.failure()->rule : "none"; }

// A run about to ask for its second turn: one call answered.
kernel::Scene before_second_turn() {
  kernel::Scene scene(kernel::example_spec(), kernel::history_of(2));
  scene.given(kernel::slot(1));
  scene.given(kernel::chunk(1, {kernel::done("a", kernel::call("c1", "f", "{}")), kernel::finished()}));
  return scene;
}

struct Seen {
  kernel::State before;
  event::Input input;
  kernel::Decision decision;
};

Seen second_request() {
  const kernel::Scene scene = before_second_turn();
  event::Input input = scene.input(kernel::slot(2));
  kernel::Decision decision = kernel::decide(scene.state(), input);
  return {scene.state(), std::move(input), std::move(decision)};
}

std::string rule_after(const std::function<void(Seen&)>& edit) {
  Seen seen = second_request();
  edit(seen);
  StepJudge judge;
  judge.see_decision(seen.before, seen.input, seen.decision);
  return rule_of(judge);
}

event::effects::CallProvider& call_in(Seen& seen) {
  return std::get<event::effects::CallProvider>(seen.decision.effects.at(0));
}

TEST(StepJudge, PassesSoundDecisions) {
  EXPECT_EQ(rule_after([](Seen&) {}), "none");
}

TEST(StepJudge, DecisionsHaveTheirShape) {
  EXPECT_EQ(rule_after([](Seen& seen) { seen.decision.events.clear(); }), "decision_shape");
  EXPECT_EQ(rule_after(
                [](Seen& seen) { seen.decision.refusal = RuntimeError{RuntimeErrorCode::queue_full, "full", "hint"}; }),
            "decision_shape");
  const auto refused_with = [](RuntimeErrorCode code, bool retryable) {
    return rule_after([&](Seen& seen) {
      seen.decision = {};
      seen.decision.refusal = RuntimeError{code, "no", "run"}.to_error();
      seen.decision.refusal->retryable = retryable;
    });
  };
  EXPECT_EQ(refused_with(RuntimeErrorCode::precondition_failed, false), "none");
  EXPECT_EQ(refused_with(RuntimeErrorCode::precondition_failed, true), "decision_shape");
  EXPECT_EQ(refused_with(RuntimeErrorCode::internal, false), "decision_shape");
}

TEST(StepJudge, AfterTheEndNothingCounts) {
  EXPECT_EQ(rule_after([](Seen& seen) { seen.before.phase = kernel::Ended{"Completed"}; }), "refused_after_end");
}

TEST(StepJudge, EventsHaveTheTimeOfTheirInput) {
  EXPECT_EQ(rule_after([](Seen& seen) { seen.input.now.elapsed_us += 1; }), "event_time");
  EXPECT_EQ(rule_after([](Seen& seen) { seen.input.now.wall.unix_us += 1; }), "event_time");
}

TEST(StepJudge, RequestsCanBeAnswered) {
  EXPECT_EQ(rule_after([](Seen& seen) { call_in(seen).context.pop_back(); }), "context_pairs");
  EXPECT_EQ(rule_after([](Seen& seen) { std::swap(call_in(seen).context.end()[-1], call_in(seen).context.end()[-2]); }),
            "context_pairs");
  EXPECT_EQ(rule_after([](Seen& seen) { seen.before.facts.spec.settings.max_input_tokens = 1; }), "context_fits");
  EXPECT_EQ(rule_after([](Seen& seen) { call_in(seen).context.clear(); }), "context_asks");
  EXPECT_EQ(rule_after([](Seen& seen) { call_in(seen).context.resize(2); }), "none");  // ends with history
  EXPECT_EQ(rule_after([](Seen& seen) {
              auto& context = call_in(seen).context;
              context.push_back(context.at(1));
              context.back().source = event::ContextSource::output;
            }),
            "context_asks");
  EXPECT_EQ(rule_after([](Seen& seen) { seen.before.facts.spec.budgets.turns = 1; }), "turn_bound");
}

event::StoredStep step_of(const kernel::Scene& scene) {
  event::StoredStep step;
  step.events = scene.journal();
  return step;
}

std::string rule_after_step(const kernel::Scene& scene, const std::function<void(kernel::State&)>& edit) {
  kernel::State state = scene.state();
  edit(state);
  StepJudge judge;
  judge.see_step(step_of(scene), state);
  return rule_of(judge);
}

TEST(StepJudge, StatesKeepTheirBounds) {
  const kernel::Scene scene = before_second_turn();
  EXPECT_EQ(rule_after_step(scene, [](kernel::State&) {}), "none");
  EXPECT_EQ(rule_after_step(scene, [](kernel::State& state) { state.facts.spec.limits.run_events = 5; }), "bounds");
  EXPECT_EQ(rule_after_step(scene, [](kernel::State& state) { state.facts.hints.resize(65); }), "bounds");
  EXPECT_EQ(rule_after_step(scene, [](kernel::State& state) { state.facts.parked_us = 1'000'000; }), "bounds");
  EXPECT_EQ(rule_after_step(scene, [](kernel::State& state) { state.facts.abort.emplace(); }), "liveness");
  EXPECT_EQ(rule_after_step(scene, [](kernel::State& state) { state.phase = kernel::Ended{"Completed"}; }),
            "ended_with_terminal");
}

TEST(StepJudge, JournalsKeepTheirInvariants) {
  const kernel::Scene scene = before_second_turn();
  event::StoredStep step = step_of(scene);
  step.events.erase(step.events.begin() + 2);
  StepJudge judge;
  judge.see_step(step, scene.state());
  EXPECT_EQ(rule_of(judge), "invariant_seq_dense");
}

TEST(StepJudge, ARunEndsOrIsLeftPaused) {
  kernel::Scene scene(kernel::example_spec());
  const auto rule_at_end = [&] {
    StepJudge judge;
    judge.see_step(step_of(scene), scene.state());
    judge.see_end(scene.state());
    return rule_of(judge);
  };
  EXPECT_EQ(rule_at_end(), "liveness");
  scene.given(kernel::pause());
  EXPECT_EQ(rule_at_end(), "none");
  scene.given(kernel::abort(AbortMode::now));
  EXPECT_EQ(rule_at_end(), "none");
}

}  // namespace
}  // namespace orchestrator::harness::sim
