// SPDX-License-Identifier: Apache-2.0
// Goal: the effects still owed follow from the state alone, and so does what the session remembers. Method: scenes
// brought into each phase.
#include "kernel/state.hpp"

#include <gtest/gtest.h>

#include <set>

#include "kernel/testing/kernel_scene.hpp"

namespace orchestrator::harness::kernel {
namespace {

events::RunStarted timed_spec() {
  events::RunStarted spec = example_spec();
  spec.timeouts.run_ms = 100;
  spec.timeouts.turn_ms = 50;
  return spec;
}

const event::Effect kRunTimer = event::effects::StartTimer{TimerKind::run, 100'000};

TEST(OwedEffects, NothingBeforeTheStartAndAfterTheEnd) {
  EXPECT_TRUE(owed_effects(State{}).empty());
  Scene scene(timed_spec());
  scene.given(abort(AbortMode::now));
  EXPECT_TRUE(owed_effects(scene.state()).empty());
}

TEST(OwedEffects, ASlotAndTheRunTimerWhileQueued) {
  Scene scene(timed_spec());
  EXPECT_EQ(owed_effects(scene.state()), (Effects{acquire(1), kRunTimer}));
}

TEST(OwedEffects, TheCallAndBothTimersInACall) {
  Scene scene(timed_spec());
  scene.at(10'000).given(slot(1));
  const event::Effect called = scene.decision().effects.at(0);
  EXPECT_EQ(owed_effects(scene.state()),
            (Effects{called, event::effects::StartTimer{TimerKind::turn, 60'000}, kRunTimer}));
}

TEST(OwedEffects, NothingWhileParked) {
  Scene scene(timed_spec());
  scene.given(pause());
  EXPECT_TRUE(owed_effects(scene.state()).empty());
}

TEST(OwedEffects, TheCallGoesOnWhilePaused) {
  Scene scene(timed_spec());
  scene.at(10'000).given(slot(1));
  const event::Effect called = scene.decision().effects.at(0);
  scene.given(pause());
  EXPECT_EQ(owed_effects(scene.state()), (Effects{called, event::effects::StartTimer{TimerKind::turn, 60'000}}));
}

TEST(OwedEffects, OnlyTheCancellationWhileStopping) {
  Scene scene(timed_spec());
  scene.given(slot(1)).given(abort(AbortMode::now));
  EXPECT_EQ(owed_effects(scene.state()), Effects{event::effects::CancelProvider{1}});
}

std::vector<std::string> texts(const std::vector<event::ContextEntry>& entries) {
  std::vector<std::string> found;
  for (const event::ContextEntry& entry : entries) found.push_back(text_of(*entry.item));
  return found;
}
using Texts = std::vector<std::string>;

TEST(ContextAfter, IsQuestionAndAnswer) {
  Scene scene(example_spec());
  scene.given(slot(1)).given(answer(1, "Hello"));
  EXPECT_EQ(texts(context_after(scene.state())), (Texts{"Hi", "Hello"}));
}

TEST(ContextAfter, GoesOnFromTheHistory) {
  const auto history = history_of(1, 1);
  Scene scene(example_spec(), history);
  scene.given(slot(1)).given(answer(1, "Hello"));
  EXPECT_EQ(texts(context_after(scene.state())), (Texts{"0", "0", "Hi", "Hello"}));
  Scene next(example_spec(), context_after(scene.state()));
  for (std::size_t i = 0; i < 4; ++i) {
    EXPECT_EQ(next.state().facts.context.at(i).source, event::ContextSource::history);
  }
}

TEST(ContextAfter, LeavesOutARunThatIsNotToBeRemembered) {
  events::RunStarted spec = example_spec();
  spec.remember = false;
  Scene scene(spec, history_of(1, 1));
  scene.given(slot(1)).given(answer(1, "Hello"));
  EXPECT_EQ(texts(context_after(scene.state())), (Texts{"0", "0"}));
}

TEST(ContextAfter, KeepsWhatAnAbortedAnswerHadSaid) {
  Scene scene(example_spec());
  scene.given(slot(1)).given(chunk(1, {thought("r", "Hm"), text("a", "Hel")})).given(abort(AbortMode::now));
  scene.given(ended(1, provider_error(ProviderErrorCode::provider_unknown)));
  EXPECT_EQ(texts(context_after(scene.state())), (Texts{"Hi", "Hel"}));
}

TEST(ContextAfter, KeepsTheQuestionOfAFailedRun) {
  Scene scene(example_spec());
  scene.given(slot(1)).given(chunk(1, {text("a", "Hel")}));
  scene.given(ended(1, provider_error(ProviderErrorCode::provider_unknown)));
  EXPECT_EQ(texts(context_after(scene.state())), Texts{"Hi"});
}

TEST(ContextAfter, HasWhatWasTrimmedNoMore) {
  events::RunStarted spec = example_spec();
  spec.history_limits.turns = 1;
  Scene scene(spec, history_of(3, 1));
  scene.given(slot(1)).given(answer(1, "Hello"));
  EXPECT_EQ(texts(context_after(scene.state())), (Texts{"2", "2", "Hi", "Hello"}));
}

TEST(ContextAfter, ABatchOfRunsKeepsExchangesWhole) {
  std::vector<event::ContextEntry> history;
  for (int run = 0; run < 4; ++run) {
    events::RunStarted spec = example_spec();
    spec.history_limits.turns = 2;
    Scene scene(spec, history);
    scene.given(hint(1)).given(slot(1)).given(answer(1, "Hello"));
    history = context_after(scene.state());
  }
  EXPECT_EQ(texts(history), (Texts{"Hi", "shorter", "Hello", "Hi", "shorter", "Hello", "Hi", "shorter", "Hello"}));
}

TEST(Span, OfRunsAndAttemptsDiffer) {
  std::set<SpanId> spans;
  for (const std::uint64_t seed : {0U, 1U, 2U}) {
    events::RunStarted spec = example_spec();
    spec.seed = seed;
    EXPECT_TRUE(spans.insert(run_span(spec)).second);
    for (std::uint32_t attempt = 1; attempt < 50; ++attempt) {
      EXPECT_TRUE(spans.insert(attempt_span(spec, attempt)).second);
    }
  }
  EXPECT_FALSE(spans.contains(SpanId{}));
}

}  // namespace
}  // namespace orchestrator::harness::kernel
