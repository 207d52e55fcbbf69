// SPDX-License-Identifier: Apache-2.0
// Goal: an answer's parts become events with dense offsets, what does not add up ends the attempt, and every end of an
// attempt is journaled once. Method: whole decisions.
#include <gtest/gtest.h>

#include "kernel/testing/kernel_scene.hpp"

namespace orchestrator::harness::kernel {
namespace {

Scene calling(events::RunStarted spec = example_spec()) {
  Scene scene(std::move(spec));
  scene.given(slot(1));
  return scene;
}

events::OutputItemCompleted completed(std::string item_id, ItemKind kind, ItemValue value) {
  return {1, 1, std::move(item_id), kind, {std::move(value), "scripted"}};
}
events::UsageReported no_usage() { return {1, {}, {}, {}}; }
events::AttemptFinished attempt_finished(FinishReason reason = FinishReason::stop) {
  return {1, reason, "native", "demo-1", "resp_1"};
}
events::Error run_error(const Error& error, std::string partial = "", Usage known = {}) {
  return {error, std::move(partial), known, {}, {}};
}
Error violation(std::string message) {
  return ProviderError{ProviderErrorCode::provider_protocol_violation, std::move(message), "attempt 1"};
}

// The attempt ended as a protocol violation: the stream is of no more use.
void then_violated(const Scene& scene, Payloads before, const std::string& what, std::vector<std::string> voided,
                   std::string partial) {
  before.emplace_back(no_usage());
  before.emplace_back(events::AttemptFailed{1, violation(what), std::move(voided)});
  before.emplace_back(run_error(violation(what), std::move(partial)));
  scene.then(before, {event::effects::CancelProvider{1}});
}

TEST(Answer, HeadersAreJournaledOnce) {
  Scene scene = calling();
  scene.at(51'000).when(headers(1)).then({events::ProviderResponded{1, "req_1", 200, 50'000}});
  scene.when(headers(1)).then_nothing();
  scene.when(headers(2)).then_nothing();
}

TEST(Answer, PiecesBecomeDeltasWithOffsetsInBytes) {
  Scene scene = calling();
  scene.when(chunk(1, {thought("r", "Hm"), text("a", "H\u00e9")}))
      .then({events::ReasoningDelta{1, 1, "r", 0, "Hm"}, events::OutputDelta{1, 1, "a", 0, "H\u00e9"}});
  scene.when(chunk(1, {text("a", "l"), thought("r", "m"), text("a", "lo"), arguments("t", "{}")}))
      .then({events::OutputDelta{1, 1, "a", 3, "l"}, events::ReasoningDelta{1, 1, "r", 2, "m"},
             events::OutputDelta{1, 1, "a", 4, "lo"}, events::ToolArgumentsDelta{1, 1, "t", 0, "{}"}});
}

TEST(Answer, InterleavedItemsEndInAnyOrder) {
  Scene scene = calling();
  scene.given(chunk(1, {text("a", "one"), text("b", "two")}));
  scene.when(chunk(1, {done("b", message("two")), text("a", "!"), done("a", message("one!"))}))
      .then({completed("b", ItemKind::text, message("two")), events::OutputDelta{1, 1, "a", 3, "!"},
             completed("a", ItemKind::text, message("one!"))});
  scene.given(chunk(1, {finished()}));
  EXPECT_EQ(scene.last<events::Completed>()->output, "one!two");
}

TEST(Answer, EveryKindOfItem) {
  Scene scene = calling();
  scene
      .when(chunk(1, {text("a", "No."), done("a", RefusalItem{"No.", {}}), done("b", ReasoningItem{"Hm", {}}),
                      done("c", OtherItem{"web_search", {"{}"}}), done("d", message("whole"))}))
      .then({events::OutputDelta{1, 1, "a", 0, "No."}, completed("a", ItemKind::refusal, RefusalItem{"No.", {}}),
             completed("b", ItemKind::reasoning, ReasoningItem{"Hm", {}}),
             completed("c", ItemKind::other, OtherItem{"web_search", {"{}"}}),
             completed("d", ItemKind::text, message("whole"))});
  scene.given(chunk(1, {finished()}));
  EXPECT_EQ(scene.last<events::Completed>()->output, "No.whole");
}

TEST(Answer, EmptyPiecesLeadToNothing) {
  Scene scene = calling();
  scene.when(chunk(1, {text("a", ""), thought("b", "")})).then_nothing();
  scene.when(chunk(1, {})).then_nothing();
}

TEST(Answer, UsageAloneLeadsToNothing) {
  Scene scene = calling();
  scene.when(chunk(1, {used(1, 1)})).then_nothing();
}

TEST(Answer, WhatFollowsTheEndIsIgnored) {
  Scene scene = calling();
  scene.when(chunk(1, {done("a", message("x")), finished(), text("b", "late"), finished(FinishReason::length)}))
      .then({completed("a", ItemKind::text, message("x")), no_usage(), attempt_finished(),
             events::Completed{FinishReason::stop, "x", {}, {}, {}}});
}

TEST(Answer, TheLastUsageOfAnAnswerCounts) {
  Scene scene = calling();
  scene.given(chunk(1, {done("a", message("x")), used(1, 1), used(10, 5), finished()}));
  EXPECT_EQ(scene.last<events::UsageReported>()->usage, usage(10, 5));
}

TEST(Answer, APieceAfterItsItemsEndIsAViolation) {
  Scene scene = calling();
  scene.given(chunk(1, {text("a", "x"), done("a", message("x"))}));
  scene.when(chunk(1, {text("b", "y"), text("a", "z")}));
  then_violated(scene, {events::OutputDelta{1, 1, "b", 0, "y"}}, "a piece of item a came after its end", {"a", "b"},
                "xy");
}

TEST(Answer, APieceAfterItsItemsEndIsAViolationWithinAChunkToo) {
  Scene scene = calling();
  scene.when(chunk(1, {done("a", message("x")), text("a", "z")}));
  then_violated(scene, {completed("a", ItemKind::text, message("x"))}, "a piece of item a came after its end", {"a"},
                "x");
}

TEST(Answer, ASecondEndOfAnItemIsAViolation) {
  Scene scene = calling();
  scene.given(chunk(1, {done("a", message("x"))}));
  scene.when(chunk(1, {done("a", message("x"))}));
  then_violated(scene, {}, "item a ended twice", {"a"}, "x");
}

TEST(Answer, PiecesThatDoNotAddUpAreAViolation) {
  for (const char* value : {"Hell", "Hello!", "HellO", "hello", ""}) {
    Scene scene = calling();
    scene.given(chunk(1, {text("a", "Hel")}));
    scene.when(chunk(1, {text("a", "lo"), done("a", message(value))}));
    then_violated(scene, {events::OutputDelta{1, 1, "a", 3, "lo"}}, "the pieces of item a do not add up to its value",
                  {"a"}, "Hello");
  }
}

TEST(Answer, PiecesOfTwoKindsAreAViolation) {
  Scene scene = calling();
  scene.given(chunk(1, {text("a", "x")}));
  scene.when(chunk(1, {thought("a", "y")}));
  then_violated(scene, {}, "the pieces of item a are of two kinds", {"a"}, "x");
}

TEST(Answer, AnItemOfAnotherKindThanItsPiecesIsAViolation) {
  Scene scene = calling();
  scene.when(chunk(1, {text("a", "x"), done("a", ReasoningItem{"x", {}})}));
  then_violated(scene, {events::OutputDelta{1, 1, "a", 0, "x"}}, "the pieces of item a do not add up to its value",
                {"a"}, "x");
}

TEST(Answer, AnEndInsideAnItemIsAViolation) {
  Scene scene = calling();
  scene.given(chunk(1, {text("a", "x")}));
  scene.when(chunk(1, {done("b", message("y")), finished()}));
  then_violated(scene, {completed("b", ItemKind::text, message("y"))}, "the answer ended inside item a", {"a", "b"},
                "xy");
}

TEST(Answer, ACallWithoutAnIdIsAViolation) {
  Scene scene = calling();
  scene.when(chunk(1, {done("a", call("", "f", "{}"))}));
  then_violated(scene, {}, "the tool call of item a has no id", {}, "");
}

TEST(Answer, AFailureInsideTheStreamEndsTheRun) {
  Scene scene = calling();
  scene.given(chunk(1, {text("a", "Hel")}));
  const Error error = provider_error(ProviderErrorCode::provider_overloaded);
  scene.when(chunk(1, {used(10, 1), failed(error)}))
      .then({events::UsageReported{1, usage(10, 1), {}, {}}, events::AttemptFailed{1, error, {"a"}},
             run_error(error, "Hel", usage(10, 1))});
}

TEST(Answer, ACallThatEndedWithoutATerminalPartFailed) {
  events::RunStarted spec = example_spec();
  spec.timeouts.turn_ms = 60'000;
  Scene scene = calling(spec);
  const Error error = provider_error(ProviderErrorCode::provider_stream_truncated);
  scene.when(ended(1, error, usage(3, 0)))
      .then({events::UsageReported{1, usage(3, 0), {}, {}}, events::AttemptFailed{1, error, {}},
             run_error(error, "", usage(3, 0))},
            {event::effects::StopTimer{TimerKind::turn}});
}

TEST(Answer, ADeadlineOfTheStreamIsJournaled) {
  for (const TimerKind kind : {TimerKind::connect, TimerKind::first_byte, TimerKind::idle}) {
    Scene scene = calling();
    const Error error = provider_error(ProviderErrorCode::provider_stalled);
    scene.when(ended_by(1, kind, 300, error))
        .then({events::TimeoutFired{kind, 300, 1}, no_usage(), events::AttemptFailed{1, error, {}}, run_error(error)});
  }
}

TEST(Answer, ADeadlineThatIsNotOfTheStreamIsNot) {
  for (const TimerKind kind : {TimerKind::turn, TimerKind::run}) {
    Scene scene = calling();
    const Error error = provider_error(ProviderErrorCode::provider_stalled);
    scene.when(ended_by(1, kind, 300, error)).then({no_usage(), events::AttemptFailed{1, error, {}}, run_error(error)});
  }
}

TEST(Answer, ALostCallIsMadeAgain) {
  Scene scene = calling();
  scene.given(chunk(1, {text("a", "Hel")}));
  const Error error =
      ProviderError{ProviderErrorCode::provider_lost, "the process that made the call is gone", "attempt 1"};
  const events::RetryScheduled retry{2, 1, "provider_lost", 0, RetryAfter::none, RetryMode::restart};
  event::effects::AcquireSlot next = acquire(2);
  next.not_before_us = scene.now_us();
  scene.when(lost(1)).then({no_usage(), events::AttemptFailed{1, error, {"a"}}, retry}, {next});
  EXPECT_EQ(std::get<Waiting>(scene.state().phase).next_turn, 1U);
  EXPECT_FALSE(std::get<Waiting>(scene.state().phase).is_retry);  // counts against nobody's retry budget
}

TEST(Answer, ALostCallGoesOnFromItsTextWhereTheRunSaysSo) {
  events::RunStarted spec = example_spec();
  spec.retries.after_output = AfterOutput::continue_answer;
  Scene scene(spec);
  scene.given(slot(1)).given(chunk(1, {text("a", "Hel")})).given(lost(1));
  const auto* failed = scene.last<events::AttemptFailed>();
  ASSERT_NE(failed, nullptr);
  EXPECT_TRUE(failed->voided_items.empty());
  const auto* retry = scene.last<events::RetryScheduled>();
  ASSERT_NE(retry, nullptr);
  EXPECT_EQ(retry->mode, RetryMode::continue_answer);
  scene.given(slot(2)).given(answer(2, "lo"));
  EXPECT_EQ(scene.last<events::Completed>()->output, "Hello");
}

TEST(Answer, ALostCallIsNotMadeAgainAfterAnAbort) {
  Scene scene = calling();
  scene.given(chunk(1, {text("a", "Hel")})).given(abort(AbortMode::after_turn)).given(lost(1));
  EXPECT_EQ(scene.last<events::RetryScheduled>(), nullptr);
  EXPECT_NE(scene.last<events::Aborted>(), nullptr);
}

TEST(Answer, ALostCallOfAnOlderRunIsMadeAgainWithoutAWord) {
  events::RunStarted spec = example_spec();
  spec.behaviours = {1, 2};
  Scene scene(spec);
  scene.given(slot(1)).given(chunk(1, {text("a", "Hel")})).given(lost(1));
  EXPECT_EQ(scene.last<events::RetryScheduled>(), nullptr);
  EXPECT_EQ(scene.decision().effects, std::vector<event::Effect>{acquire(2)});
}

TEST(Answer, InputsOfOtherAttemptsLeadToNothing) {
  Scene scene(example_spec());
  const Error error = provider_error(ProviderErrorCode::provider_lost);
  const auto all_ignored = [&](std::uint32_t attempt) {
    for (const InputValue& input : {headers(attempt), answer(attempt, "late"), ended(attempt, error), lost(attempt)}) {
      scene.when(input).then_nothing();
    }
  };
  all_ignored(1);  // not called yet
  scene.given(slot(1));
  all_ignored(2);
  scene.given(chunk(1, {done("a", message("x")), finished(FinishReason::pause)}));
  all_ignored(1);  // over
  scene.given(slot(2));
  all_ignored(1);
}

// Tool calls of a run without tools: each is answered with an error that the model reads.

events::ToolCallRequested call_requested(std::string call_id, std::string tool, std::string args) {
  const Hash hash = sha256(args);
  return {std::move(call_id), 1, std::move(tool), std::move(args), hash, EffectClass::irreversible};
}
events::ToolCallFinished call_finished(std::string call_id, ToolErrorCode code, std::string message, std::string tool) {
  events::ToolCallFinished finished;
  finished.call_id = std::move(call_id);
  finished.result.emplace_back(TextPart{std::string(name_of(code)) + ": " + message});
  finished.error = ToolError{code, std::move(message), std::move(tool)};
  return finished;
}

TEST(Answer, EveryCallIsAnswered) {
  Scene scene = calling();
  scene.given(chunk(1, {arguments("t", "{\"x\":"), arguments("t", "1}")}));
  scene
      .when(chunk(1, {done("t", call("c1", "read", "{\"x\":1}")), done("u", call("c2", "write", "")),
                      finished(FinishReason::tool_calls)}))
      .then({completed("t", ItemKind::tool_call, call("c1", "read", "{\"x\":1}")),
             completed("u", ItemKind::tool_call, call("c2", "write", "")), no_usage(),
             attempt_finished(FinishReason::tool_calls), call_requested("c1", "read", "{\"x\":1}"),
             call_finished("c1", ToolErrorCode::unknown_tool, "there is no tool of this name in this run", "read"),
             call_requested("c2", "write", ""),
             call_finished("c2", ToolErrorCode::unknown_tool, "there is no tool of this name in this run", "write")},
            {event::effects::AcquireSlot{2}});
}

TEST(Answer, CallsAreAnsweredWhateverTheReasonSays) {
  for (const FinishReason reason : {FinishReason::stop, FinishReason::other, FinishReason::tool_calls}) {
    Scene scene = calling();
    scene.given(chunk(1, {done("t", call("c1", "read", "{}")), finished(reason)}));
    EXPECT_EQ(scene.decision().effects, Effects{acquire(2)});
  }
}

TEST(Answer, ACallOfAnAnswerThatWasCutIsNeverTakenForWhole) {
  for (const FinishReason reason : {FinishReason::length, FinishReason::content_filter}) {
    Scene scene = calling();
    scene.when(chunk(1, {done("t", call("c1", "read", "{\"x\"")), finished(reason)}))
        .then({completed("t", ItemKind::tool_call, call("c1", "read", "{\"x\"")), no_usage(), attempt_finished(reason),
               call_requested("c1", "read", "{\"x\""),
               call_finished("c1", ToolErrorCode::tool_args_invalid, "the answer was cut before the call was whole",
                             "read"),
               events::Completed{reason, "", {}, {}, {}}});
  }
}

TEST(Answer, TooManyCallsAreAnError) {
  events::RunStarted spec = example_spec();
  spec.limits.tool_calls_per_turn = 1;
  Scene scene = calling(spec);
  const Error error =
      ToolError{ToolErrorCode::too_many_tool_calls, "the answer asks for 2 tool calls, the limit is 1", "attempt 1"};
  scene.when(chunk(1, {done("t", call("c1", "f", "")), done("u", call("c2", "f", "")), used(4, 2), finished()}))
      .then({completed("t", ItemKind::tool_call, call("c1", "f", "")),
             completed("u", ItemKind::tool_call, call("c2", "f", "")), events::UsageReported{1, usage(4, 2), {}, {}},
             events::AttemptFailed{1, error, {"t", "u"}}, run_error(error, "", usage(4, 2))});
}

TEST(Answer, OneIdForTwoCallsIsAnError) {
  Scene scene = calling();
  const Error error =
      ToolError{ToolErrorCode::duplicate_tool_call_id, "two calls of one answer have the id c1", "attempt 1"};
  scene.when(chunk(1, {done("t", call("c1", "f", "")), done("u", call("c1", "g", "")), finished()}))
      .then({completed("t", ItemKind::tool_call, call("c1", "f", "")),
             completed("u", ItemKind::tool_call, call("c1", "g", "")), no_usage(),
             events::AttemptFailed{1, error, {"t", "u"}}, run_error(error)});
}

TEST(Answer, TheSameCallIdInALaterTurnIsAnotherCall) {
  Scene scene = calling();
  ToolCallItem plain{.call_id = "c", .name = "f", .arguments = "{}"};
  ToolCallItem custom{.call_id = "c", .name = "f", .arguments = "x", .custom = true};
  scene.given(chunk(1, {done("t", plain), finished()})).given(slot(2)).given(chunk(2, {done("t", custom), finished()}));
  const auto& results = scene.state().facts.context;
  EXPECT_FALSE(std::get<ToolResultItem>(results.at(2).item->value).custom);
  EXPECT_TRUE(std::get<ToolResultItem>(results.at(4).item->value).custom);
}

// Limits.

TEST(Answer, TheLimitOfEventsEndsTheRunWithRoomForItsEnd) {
  events::RunStarted spec = example_spec();
  spec.limits.hints_queued = 4;
  spec.limits.tool_calls_per_turn = 2;
  spec.limits.run_events = 4 + 1 + (16 + 4 + 4 * 2);  // four events, one delta, and what every run keeps free
  Scene scene = calling(spec);
  ASSERT_EQ(scene.journal().size(), 4U);
  scene.when(chunk(1, {text("a", "x")})).then({events::OutputDelta{1, 1, "a", 0, "x"}});
  const Error error =
      RuntimeError{RuntimeErrorCode::limit_exceeded, "the run reached its limit of 33 events", "limits.run_events"};
  scene.when(chunk(1, {text("a", "y")}))
      .then({no_usage(), events::AttemptFailed{1, error, {"a"}}, run_error(error, "x")},
            {event::effects::CancelProvider{1}});
}

TEST(Answer, TheLimitOfBytesEndsTheRun) {
  events::RunStarted spec = example_spec();
  spec.limits.run_bytes = 3;
  Scene scene = calling(spec);
  scene.given(chunk(1, {text("a", "four")}));  // the one that passes the limit still counts
  const Error error =
      RuntimeError{RuntimeErrorCode::limit_exceeded, "the run reached its limit of 3 bytes", "limits.run_bytes"};
  scene.when(chunk(1, {text("a", "y")}))
      .then({no_usage(), events::AttemptFailed{1, error, {"a"}}, run_error(error, "four")},
            {event::effects::CancelProvider{1}});
}

}  // namespace
}  // namespace orchestrator::harness::kernel
