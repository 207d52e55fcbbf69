// SPDX-License-Identifier: Apache-2.0
// Goal: abort, hints, pause, resume and checkpoints do what control-track.md says, in each phase. Method: whole
// decisions.
#include <gtest/gtest.h>

#include "kernel/testing/kernel_scene.hpp"

namespace orchestrator::harness::kernel {
namespace {

constexpr auto kNow = AbortMode::now;
constexpr auto kAfterTurn = AbortMode::after_turn;
constexpr auto kAsap = HintPriority::asap;
constexpr auto kLater = HintPriority::after_turn;

Scene waiting(events::RunStarted spec = example_spec()) { return Scene(std::move(spec)); }
Scene calling(events::RunStarted spec = example_spec()) {
  Scene scene(std::move(spec));
  scene.given(slot(1));
  return scene;
}
events::RunStarted timed_spec() {
  events::RunStarted spec = example_spec();
  spec.timeouts.run_ms = 10'000;
  spec.timeouts.turn_ms = 5'000;
  return spec;
}
Error cancelled() { return RuntimeError{RuntimeErrorCode::cancelled, "the call was cancelled", ""}; }
events::Aborted aborted(AbortMode mode, std::string partial = "", Usage known = {}) {
  return {mode, "me", std::move(partial), known, {}, {}};
}
events::HintQueued queued(std::uint64_t id, HintPriority priority = kAsap, std::optional<std::uint64_t> expires = {}) {
  return {hint_id(id), priority, "shorter", "me", false, expires};
}
std::vector<std::string> types(const Decision& decision) {
  std::vector<std::string> names;
  for (const StreamEvent& event : decision.events) names.emplace_back(event.type());
  return names;
}
using Names = std::vector<std::string>;

// Abort.

TEST(Abort, BeforeTheFirstCallEndsTheRunAtOnce) {
  for (const AbortMode mode : {kNow, kAfterTurn}) {
    Scene scene = waiting(timed_spec());
    scene.when(abort(mode))
        .then({events::AbortRequested{mode, "me"}, aborted(mode)},
              {event::effects::ReleaseSlot{1}, event::effects::StopTimer{TimerKind::run}});
  }
}

TEST(Abort, NowCancelsTheCallAndEndsWhenItIsGone) {
  Scene scene = calling(timed_spec());
  scene.given(chunk(1, {text("a", "Hel")}));
  scene.when(abort(kNow)).then({events::AbortRequested{kNow, "me"}}, {event::effects::CancelProvider{1}});
  scene.when(ended(1, cancelled(), usage(9, 1)))
      .then({events::UsageReported{1, usage(9, 1), {}, {}}, events::AttemptFailed{1, cancelled(), {}},
             aborted(kNow, "Hel", usage(9, 1))},
            {event::effects::StopTimer{TimerKind::turn}, event::effects::StopTimer{TimerKind::run}});
}

TEST(Abort, WhatTheProviderSentMeanwhileIsIgnored) {
  Scene scene = calling();
  scene.given(abort(kNow));
  for (const InputValue& late : {headers(1), answer(1, "late"), slot(1), slot(2)}) scene.when(late).then_nothing();
}

TEST(Abort, ALostCallEndsTheAbortToo) {
  Scene scene = calling();
  scene.given(abort(kNow));
  scene.when(lost(1));
  EXPECT_EQ(types(scene.decision()), (Names{"UsageReported", "AttemptFailed", "Aborted"}));
}

TEST(Abort, AfterTurnLetsTheAnswerFinish) {
  Scene scene = calling();
  scene.when(abort(kAfterTurn)).then({events::AbortRequested{kAfterTurn, "me"}});
  scene.given(chunk(1, {text("a", "Hello")}));
  scene.when(chunk(1, {done("a", message("Hello")), used(10, 5), finished(FinishReason::pause)}));
  EXPECT_EQ(types(scene.decision()), (Names{"OutputItemCompleted", "UsageReported", "AttemptFinished", "Aborted"}));
  EXPECT_TRUE(scene.decision().effects.empty());
  EXPECT_EQ(scene.last<events::Aborted>()->usage, usage(10, 5));
}

TEST(Abort, AfterTurnAnswersTheCallsOfTheTurn) {
  Scene scene = calling();
  scene.given(abort(kAfterTurn));
  scene.when(chunk(1, {done("a", call("c1", "f", "{}")), finished(FinishReason::tool_calls)}));
  EXPECT_EQ(types(scene.decision()), (Names{"OutputItemCompleted", "UsageReported", "AttemptFinished",
                                            "ToolCallRequested", "ToolCallFinished", "Aborted"}));
}

TEST(Abort, AfterTurnEndsAPausedRunToo) {
  for (const bool paused_first : {true, false}) {
    Scene scene = calling();
    scene.given(paused_first ? pause() : abort(kAfterTurn)).given(paused_first ? abort(kAfterTurn) : pause());
    scene.given(answer(1, "Hello"));
    EXPECT_NE(scene.last<events::Aborted>(), nullptr);
  }
}

TEST(Abort, AFailedTurnIsAnErrorThoughAnAbortAfterItWasAsked) {
  Scene scene = calling();
  scene.given(abort(kAfterTurn));
  scene.given(ended(1, provider_error(ProviderErrorCode::provider_overloaded)));
  EXPECT_NE(scene.last<events::Error>(), nullptr);
}

TEST(Abort, TheSameAbortAgainChangesNothing) {
  Scene scene = calling();
  scene.given(abort(kAfterTurn));
  scene.when(abort(kAfterTurn, "someone else")).then_nothing();
  scene.given(abort(kNow));
  scene.when(abort(kNow)).then_nothing();
  scene.when(abort(kAfterTurn)).then_nothing();
}

TEST(Abort, NowEscalatesAfterTurn) {
  Scene scene = calling();
  scene.given(abort(kAfterTurn, "a"));
  scene.when(abort(kNow, "b")).then({events::AbortRequested{kNow, "b"}}, {event::effects::CancelProvider{1}});
  scene.given(ended(1, cancelled()));
  EXPECT_EQ(scene.last<events::Aborted>()->by, "b");
  EXPECT_EQ(scene.last<events::Aborted>()->mode, kNow);
}

TEST(Abort, BetweenTurnsEndsTheRunAtOnce) {
  Scene scene = calling();
  scene.given(answer(1, "Hel", FinishReason::pause));
  scene.when(abort(kAfterTurn))
      .then({events::AbortRequested{kAfterTurn, "me"}, aborted(kAfterTurn, "", usage(10, 5))},
            {event::effects::ReleaseSlot{2}});
}

TEST(Abort, OfAPausedRunHasNoSlotToGiveBack) {
  Scene scene = waiting();
  scene.given(pause());
  scene.when(abort(kNow)).then({events::AbortRequested{kNow, "me"}, aborted(kNow)});
}

TEST(Abort, OfAPausedRunInACallCancelsIt) {
  Scene scene = calling();
  scene.given(pause());
  scene.when(abort(kNow)).then({events::AbortRequested{kNow, "me"}}, {event::effects::CancelProvider{1}});
  scene.given(ended(1, cancelled()));
  EXPECT_NE(scene.last<events::Aborted>(), nullptr);
}

TEST(Abort, OfAnotherTurnIsRefused) {
  const auto in_turn = [](std::uint32_t turn) { return event::inputs::Abort{kNow, "me", turn}; };
  Scene scene = waiting();
  scene.when(in_turn(2)).then_refused(RuntimeErrorCode::precondition_failed, "expected_turn");
  scene.given(slot(1));
  scene.when(in_turn(2)).then_refused(RuntimeErrorCode::precondition_failed, "expected_turn");
  scene.given(answer(1, "Hel", FinishReason::pause));
  scene.when(in_turn(1)).then_refused(RuntimeErrorCode::precondition_failed, "expected_turn");
  scene.given(slot(2)).given(in_turn(2));
  scene.when(in_turn(1)).then_refused(RuntimeErrorCode::precondition_failed, "expected_turn");
}

// Hints.

TEST(Hint, UrgentOnesGoWithTheFirstRequest) {
  Scene scene = waiting();
  scene.when(hint(1)).then({queued(1)});
  scene.given(slot(1));
  auto entry = event::make_context_entry(user_text("shorter"), event::ContextSource::hint);
  entry.is_listed = true;
  EXPECT_EQ(*scene.last<events::HintDelivered>(), (events::HintDelivered{hint_id(1), 1, entry.hash}));
  EXPECT_EQ(scene.state().facts.context.back(), entry);
  EXPECT_EQ(scene.last<events::ContextAssembled>()->changes.back().source, "hint");
}

TEST(Hint, AfterTurnWaitsForTheAnswerAndOpensATurn) {
  Scene scene = waiting();
  scene.given(hint(1, kLater)).given(slot(1));
  EXPECT_EQ(scene.last<events::HintDelivered>(), nullptr);
  scene.when(answer(1, "Hello"));
  EXPECT_EQ(scene.decision().effects, Effects{acquire(2)});
  scene.given(slot(2));
  EXPECT_EQ(scene.last<events::HintDelivered>()->turn, 2U);
  scene.given(answer(2, "Hi"));
  EXPECT_EQ(scene.last<events::Completed>()->output, "Hi");
}

TEST(Hint, InACallGoesWithTheNextRequest) {
  for (const HintPriority priority : {kAsap, kLater}) {
    Scene scene = calling();
    scene.when(hint(1, priority)).then({queued(1, priority)});
    scene.given(answer(1, "Hello")).given(slot(2));
    EXPECT_EQ(scene.last<events::HintDelivered>()->turn, 2U);
  }
}

TEST(Hint, AfterTurnDoesNotComeBetweenCallsAndTheirAnswer) {
  Scene scene = calling();
  scene.given(hint(1, kLater)).given(hint(2, kAsap));
  scene.given(chunk(1, {done("a", call("c1", "f", "{}")), finished(FinishReason::tool_calls)})).given(slot(2));
  EXPECT_EQ(scene.last<events::HintDelivered>()->hint_id, hint_id(2));
  scene.given(answer(2, "Hello")).given(slot(3));
  EXPECT_EQ(scene.last<events::HintDelivered>()->hint_id, hint_id(1));
}

TEST(Hint, ALiveHintGoesOnAfterAnyAnswer) {
  for (const FinishReason reason : {FinishReason::length, FinishReason::refusal, FinishReason::other}) {
    Scene scene = calling();
    scene.given(hint(1)).given(answer(1, "Hello", reason));
    EXPECT_EQ(scene.decision().effects, Effects{acquire(2)});
  }
}

TEST(Hint, AnExpiredOneIsDroppedWhenItsTurnComes) {
  Scene scene = waiting();
  scene.given(hint(1, kAsap, "shorter", 5'000)).given(hint(2, kAsap, "shorter", 5'001));
  scene.at(5'000).given(slot(1));
  EXPECT_EQ(*scene.last<events::HintDropped>(), (events::HintDropped{hint_id(1), "expired"}));
  EXPECT_EQ(scene.last<events::HintDelivered>()->hint_id, hint_id(2));
}

TEST(Hint, AnExpiredOneDoesNotKeepTheRunGoing) {
  Scene scene = calling();
  scene.given(hint(1, kAsap, "shorter", 5'000));
  scene.at(5'000).when(answer(1, "Hello"));
  EXPECT_EQ(*scene.last<events::HintDropped>(), (events::HintDropped{hint_id(1), "run_ended"}));
  EXPECT_NE(scene.last<events::Completed>(), nullptr);
}

TEST(Hint, OneThatExpiresInTheQueueGivesTheSlotBack) {
  Scene scene = calling(timed_spec());
  scene.given(hint(1, kAsap, "shorter", 5'000)).given(answer(1, "Hello"));
  scene.at(5'000).when(slot(2));
  scene.then({events::HintDropped{hint_id(1), "expired"},
              events::Completed{FinishReason::stop, "Hello", usage(10, 5), {}, {}}},
             {event::effects::ReleaseSlot{2}, event::effects::StopTimer{TimerKind::run}});
}

TEST(Hint, AreDroppedWhenTheRunEnds) {
  Scene scene = calling();
  scene.given(hint(1)).given(hint(2));
  scene.given(abort(kNow)).given(hint(3));
  scene.when(ended(1, cancelled()));
  EXPECT_EQ(types(scene.decision()),
            (Names{"UsageReported", "AttemptFailed", "HintDropped", "HintDropped", "HintDropped", "Aborted"}));
}

TEST(Hint, TheSameOneAgainChangesNothingEvenAfterItWasDelivered) {
  Scene scene = waiting();
  scene.given(hint(1));
  scene.when(hint(1, kLater, "other")).then_nothing();
  scene.given(slot(1));
  scene.when(hint(1)).then_nothing();
}

TEST(Hint, PastTheQueuesLimitIsRefused) {
  events::RunStarted spec = example_spec();
  spec.limits.hints_queued = 2;
  Scene scene = waiting(spec);
  scene.given(hint(1)).given(hint(2));
  scene.when(hint(3)).then_refused(RuntimeErrorCode::queue_full, "hint");
  scene.given(slot(1)).given(hint(3));  // the queue is empty again
}

TEST(Hint, BadTextIsRefused) {
  events::RunStarted spec = example_spec();
  spec.limits.hint_bytes = 4;
  Scene scene = waiting(spec);
  scene.when(hint(1, kAsap, "")).then_refused(RuntimeErrorCode::invalid_argument, "hint.text");
  scene.when(hint(1, kAsap, "12345")).then_refused(RuntimeErrorCode::limit_exceeded, "hint.text");
  scene.when(hint(1, kAsap, "a\xff")).then_refused(RuntimeErrorCode::invalid_argument, "hint.text");
  scene.given(hint(1, kAsap, "1234"));
}

TEST(Hint, OfAnotherTurnIsRefused) {
  Scene scene = calling();
  event::inputs::Hint expecting{hint_id(1), kAsap, "shorter", "me", {}, 2};
  scene.when(expecting).then_refused(RuntimeErrorCode::precondition_failed, "expected_turn");
  expecting.expected_turn = 1;
  scene.given(expecting);
}

// Pause and resume.

TEST(Pause, WhileQueuedLeavesTheQueue) {
  Scene scene = waiting(timed_spec());
  scene.when(pause()).then({events::RunPaused{"me"}},
                           {event::effects::StopTimer{TimerKind::run}, event::effects::ReleaseSlot{1}});
  scene.when(slot(1)).then_nothing();
  const std::uint64_t paused_us = scene.now_us() - 2'000;
  scene.at(paused_us + 60'000);
  scene.when(resume()).then({events::RunResumed{"me", 60'000, {}, {}, {}}},
                            {event::effects::StartTimer{TimerKind::run, 10'060'000}, event::effects::AcquireSlot{1}});
}

TEST(Pause, InACallLetsTheAnswerFinishAndThenWaits) {
  Scene scene = calling();
  scene.when(pause()).then({events::RunPaused{"me"}});
  scene.given(chunk(1, {text("a", "Hello")}));
  scene.when(chunk(1, {done("a", message("Hello")), finished()}));
  EXPECT_EQ(types(scene.decision()), (Names{"OutputItemCompleted", "UsageReported", "AttemptFinished"}));
  EXPECT_TRUE(scene.decision().effects.empty());
  scene.when(resume());
  EXPECT_EQ(types(scene.decision()), (Names{"RunResumed", "Completed"}));
}

TEST(Pause, ResumedInTheCallChangesNothingElse) {
  Scene scene = calling(timed_spec());
  scene.given(pause());
  scene.at(10'000).when(resume());
  EXPECT_EQ(types(scene.decision()), Names{"RunResumed"});
  EXPECT_EQ(scene.decision().effects,
            (Effects{event::effects::StartTimer{TimerKind::run, 10'000'000 + scene.state().facts.parked_us}}));
}

TEST(Pause, BetweenTurnsKeepsTheNextTurn) {
  Scene scene = calling();
  scene.given(pause()).given(answer(1, "Hel", FinishReason::pause));
  scene.when(resume());
  EXPECT_EQ(scene.decision().effects, Effects{acquire(2)});
}

TEST(Pause, TakesHintsForTheNextTurn) {
  Scene scene = calling();
  scene.given(pause()).given(answer(1, "Hello")).given(hint(1));
  scene.given(resume());
  EXPECT_EQ(scene.decision().effects, Effects{acquire(2)});
}

TEST(Pause, AgainChangesNothing) {
  Scene scene = waiting();
  scene.given(pause());
  scene.when(pause()).then_nothing();
}

TEST(Pause, WhileStoppingDoesNotStopTheEnd) {
  Scene scene = calling();
  scene.given(abort(kNow)).given(pause());
  scene.given(ended(1, cancelled()));
  EXPECT_NE(scene.last<events::Aborted>(), nullptr);
}

TEST(Resume, OfARunThatIsNotPausedIsRefused) {
  Scene scene = waiting();
  scene.when(resume()).then_refused(RuntimeErrorCode::precondition_failed, "run");
}

// Checkpoints.

TEST(Checkpoint, IsJournaledInEveryPhase) {
  Scene scene = waiting();
  scene.when(checkpoint("a")).then({events::CheckpointCreated{"a", "me"}});
  scene.given(slot(1)).given(checkpoint("b"));
  scene.given(abort(kNow)).given(checkpoint("c"));
}

TEST(Checkpoint, BadLabelsAreRefused) {
  events::RunStarted spec = example_spec();
  spec.limits.checkpoint_label_bytes = 4;
  Scene scene = waiting(spec);
  scene.when(checkpoint("")).then_refused(RuntimeErrorCode::invalid_argument, "checkpoint.label");
  scene.when(checkpoint("12345")).then_refused(RuntimeErrorCode::limit_exceeded, "checkpoint.label");
  scene.when(checkpoint("\xc3")).then_refused(RuntimeErrorCode::invalid_argument, "checkpoint.label");
}

TEST(Command, ARunAtItsLimitOfEventsTakesNoMoreThatAddToIt) {
  events::RunStarted spec = example_spec();
  spec.limits.hints_queued = 4;
  spec.limits.tool_calls_per_turn = 2;
  spec.limits.run_events = 3 + (16 + 4 + 4 * 2);  // room for one more than the two of the start
  Scene scene = waiting(spec);
  scene.given(checkpoint("last"));
  scene.when(checkpoint("x")).then_refused(RuntimeErrorCode::limit_exceeded, "limits.run_events");
  scene.when(hint(1)).then_refused(RuntimeErrorCode::limit_exceeded, "limits.run_events");
  scene.when(pause()).then_refused(RuntimeErrorCode::limit_exceeded, "limits.run_events");
  scene.given(abort(kNow));
}

}  // namespace
}  // namespace orchestrator::harness::kernel
