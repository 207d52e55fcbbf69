// SPDX-License-Identifier: Apache-2.0
// Goal: the deadlines of run and turn end what they are for, parked time counts against none, and timers that were
// stopped or moved may still fire without harm. Method: whole decisions.
#include <gtest/gtest.h>

#include <algorithm>
#include <limits>

#include "kernel/testing/kernel_scene.hpp"

namespace orchestrator::harness::kernel {
namespace {

events::RunStarted timed_spec() {
  events::RunStarted spec = example_spec();
  spec.timeouts.run_ms = 100;
  spec.timeouts.turn_ms = 50;
  return spec;
}
Error cancelled() { return RuntimeError{RuntimeErrorCode::cancelled, "the call was cancelled", ""}; }
events::Error run_error(RuntimeErrorCode code, std::string message, std::string at, std::string partial = "") {
  return {RuntimeError{code, std::move(message), std::move(at)}, std::move(partial), {}, {}, {}};
}

TEST(Deadline, OfTheRunWhileQueued) {
  Scene scene(timed_spec());
  scene.at(100'000).when(timer(TimerKind::run));
  scene.then({events::TimeoutFired{TimerKind::run, 100, {}},
              run_error(RuntimeErrorCode::run_timeout, "the run passed its limit of 100 ms", "timeouts.run_ms")},
             {event::effects::ReleaseSlot{1}, event::effects::StopTimer{TimerKind::run}});
}

TEST(Deadline, OfTheRunInACallCancelsIt) {
  Scene scene(timed_spec());
  scene.given(slot(1)).given(chunk(1, {text("a", "Hel")}));
  scene.at(100'000).when(timer(TimerKind::run));
  scene.then({events::TimeoutFired{TimerKind::run, 100, 1}}, {event::effects::CancelProvider{1}});
  scene.when(chunk(1, {text("a", "late")})).then_nothing();
  scene.when(ended(1, cancelled()));
  scene.then({events::UsageReported{1, {}, {}, {}}, events::AttemptFailed{1, cancelled(), {}},
              run_error(RuntimeErrorCode::run_timeout, "the run passed its limit of 100 ms", "timeouts.run_ms", "Hel")},
             {event::effects::StopTimer{TimerKind::turn}, event::effects::StopTimer{TimerKind::run}});
}

TEST(Deadline, OfTheTurn) {
  Scene scene(timed_spec());
  scene.at(10'000).given(slot(1));
  scene.at(59'999).when(timer(TimerKind::turn)).then_nothing();
  scene.at(60'000).when(timer(TimerKind::turn));
  scene.then({events::TimeoutFired{TimerKind::turn, 50, 1}}, {event::effects::CancelProvider{1}});
  scene.given(ended(1, cancelled()));
  EXPECT_EQ(
      *scene.last<events::Error>(),
      (events::Error{
          run_error(RuntimeErrorCode::turn_timeout, "the turn passed its limit of 50 ms", "timeouts.turn_ms").error,
          "",
          {},
          {},
          scene.last<events::Error>()->latencies}));
}

TEST(Deadline, EachTurnHasItsOwn) {
  events::RunStarted spec = timed_spec();
  spec.timeouts.run_ms.reset();
  Scene scene(spec);
  scene.given(slot(1)).at(40'000).given(answer(1, "Hel", FinishReason::pause));
  scene.at(60'000).when(timer(TimerKind::turn)).then_nothing();  // between turns there is none
  scene.at(70'000).given(slot(2));
  EXPECT_EQ(scene.decision().effects.back(), event::Effect(event::effects::StartTimer{TimerKind::turn, 120'000}));
  scene.at(119'999).when(timer(TimerKind::turn)).then_nothing();
}

TEST(Deadline, TimersThatNobodyAskedForLeadToNothing) {
  Scene scene(example_spec());
  scene.at(1'000'000'000);
  constexpr TimerKind kKinds[] = {TimerKind::connect, TimerKind::first_byte, TimerKind::idle, TimerKind::turn,
                                  TimerKind::run};
  for (const TimerKind kind : kKinds) scene.when(timer(kind)).then_nothing();
  scene.given(slot(1));
  for (const TimerKind kind : kKinds) scene.when(timer(kind)).then_nothing();
}

TEST(Deadline, ParkedTimeDoesNotCount) {
  Scene scene(timed_spec());
  scene.at(90'000).given(pause());
  scene.at(100'000).when(timer(TimerKind::run)).then_nothing();  // it was stopped, and fires all the same
  scene.at(190'000).when(resume());
  scene.then({events::RunResumed{"me", 100'000, {}, {}, {}}},
             {event::effects::StartTimer{TimerKind::run, 200'000}, event::effects::AcquireSlot{1}});
  scene.at(199'999).when(timer(TimerKind::run)).then_nothing();
  scene.at(200'000).given(timer(TimerKind::run));
}

TEST(Deadline, AddsUpParkedTimes) {
  Scene scene(timed_spec());
  scene.at(10'000).given(pause()).at(20'000).given(resume());
  scene.at(30'000).given(pause()).at(45'000).given(resume());
  EXPECT_EQ(run_deadline_us(scene.state().facts), 125'000U);
}

TEST(Deadline, DoesNotInterruptAnAbort) {
  Scene scene(timed_spec());
  scene.given(slot(1)).given(abort(AbortMode::now));
  scene.at(100'000).when(timer(TimerKind::run)).then_nothing();
  scene.when(timer(TimerKind::turn)).then_nothing();
  scene.given(ended(1, cancelled()));
  EXPECT_NE(scene.last<events::Aborted>(), nullptr);
}

TEST(Deadline, OfARunThatIsAbortedInItsCallsIsOwedNoMore) {
  const auto owes_run_timer = [](const Scene& scene) {
    return std::ranges::any_of(owed_effects(scene.state()), [](const event::Effect& effect) {
      const auto* timer = std::get_if<event::effects::StartTimer>(&effect);
      return timer != nullptr && timer->timer == TimerKind::run;
    });
  };
  events::RunStarted spec = example_spec();
  spec.timeouts.run_ms = 100;
  spec.tools = {example_tool(EffectClass::pure)};
  for (const AbortMode mode : {AbortMode::now, AbortMode::after_turn}) {
    Scene scene(spec);
    scene.given(slot(1)).given(call_answer(1)).given(prepared("c1"));
    EXPECT_TRUE(owes_run_timer(scene));
    scene.given(abort(mode));
    EXPECT_FALSE(owes_run_timer(scene));
    scene.at(100'000).when(timer(TimerKind::run)).then_nothing();
  }
}

TEST(Deadline, IsNotTurnedIntoAnAbort) {
  Scene scene(timed_spec());
  scene.given(slot(1)).at(100'000).given(timer(TimerKind::run));
  scene.when(abort(AbortMode::now)).then_nothing();
  scene.when(timer(TimerKind::turn)).then_nothing();
  scene.given(lost(1));
  EXPECT_EQ(scene.last<events::Error>()->error.code, "run_timeout");
}

TEST(Deadline, OfForeverNeverPasses) {
  events::RunStarted spec = timed_spec();
  spec.timeouts.run_ms = std::numeric_limits<std::uint64_t>::max();
  spec.timeouts.turn_ms = std::numeric_limits<std::uint64_t>::max() / 1'000;
  Scene scene(spec);
  scene.given(pause()).at(9'000'000).given(resume()).given(slot(1));
  EXPECT_EQ(run_deadline_us(scene.state().facts), std::numeric_limits<std::uint64_t>::max());
  EXPECT_EQ(turn_deadline_us(scene.state().facts), std::numeric_limits<std::uint64_t>::max());
}

}  // namespace
}  // namespace orchestrator::harness::kernel
