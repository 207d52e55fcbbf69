// SPDX-License-Identifier: Apache-2.0
// Goal: an outline has each attempt and each call of a run with its times; a fork's goes on from its source's, whose
// unfinished answer is void. Method: events made by hand.
#include "event/run_outline.hpp"

#include <gtest/gtest.h>

namespace orchestrator::harness::event {
namespace {

class Events {
 public:
  Events& at(std::uint64_t elapsed_us) {
    meta_.elapsed_us = elapsed_us;
    return *this;
  }
  Events& add(StreamEvent::Payload payload) {
    meta_.seq += 1;
    fold_.add(StreamEvent{meta_, std::move(payload)});
    return *this;
  }
  Events& next_run() {
    meta_ = {};
    return *this;
  }
  RunOutline outline() { return std::move(fold_).take(); }

 private:
  EventMeta meta_;
  OutlineFold fold_;
};

events::ProviderRequested requested(std::uint32_t attempt, std::uint32_t turn) {
  events::ProviderRequested event;
  event.attempt = attempt;
  event.turn = turn;
  event.queue_us = 50;
  return event;
}
events::OutputDelta delta(std::uint32_t attempt, std::string text) {
  events::OutputDelta event;
  event.attempt = attempt;
  event.text = std::move(text);
  return event;
}
events::AttemptFinished finished(std::uint32_t attempt) {
  events::AttemptFinished event;
  event.attempt = attempt;
  event.finish_reason = FinishReason::stop;
  return event;
}
events::ToolCallRequested asked_for(const std::string& call_id) {
  events::ToolCallRequested event;
  event.call_id = call_id;
  event.turn = 1;
  event.tool = "act";
  return event;
}
events::ToolCallStarted began(const std::string& call_id) {
  events::ToolCallStarted event;
  event.call_id = call_id;
  return event;
}
events::ToolCallFinished ended(const std::string& call_id) {
  events::ToolCallFinished event;
  event.call_id = call_id;
  event.outcome = ToolOutcome::ok;
  return event;
}

TEST(RunOutline, HasAttemptsAndCallsWithTheirTimes) {
  Events events;
  events.add(events::RunStarted{}).at(100).add(requested(1, 1)).at(300).add(delta(1, "Let "));
  events.at(400).add(delta(1, "me")).at(500).add(finished(1));
  events.add(asked_for("c1")).at(600);
  events::InterruptRaised raised;
  raised.interrupt_id = *InterruptId::parse("0000000000000001");
  raised.call_id = "c1";
  events::InterruptResolved resolved;
  resolved.interrupt_id = raised.interrupt_id;
  events.add(raised).at(800).add(resolved);
  events.at(900).add(began("c1")).at(1'200).add(ended("c1"));
  const RunOutline run = events.outline();
  ASSERT_EQ(run.turns.size(), 1U);
  const OutlineAttempt& attempt = run.turns[0].attempts.at(0);
  EXPECT_EQ(attempt.span, (OutlineSpan{100, 500}));
  EXPECT_EQ(attempt.first_output_us, 300U);
  EXPECT_EQ(attempt.output, "Let me");
  const OutlineCall& call = run.turns[0].calls.at(0);
  EXPECT_EQ(call.span, (OutlineSpan{500, 1'200}));
  EXPECT_EQ(call.waits, (std::vector<OutlineSpan>{{600, 800}}));
  EXPECT_EQ(call.runs, (std::vector<OutlineSpan>{{900, 1'200}}));
  EXPECT_TRUE(run.terminal.empty());
  EXPECT_EQ(run.last_us, 1'200U);
}

TEST(RunOutline, AFailedAttemptIsFollowedByItsWait) {
  Events events;
  events::AttemptFailed failed;
  failed.attempt = 1;
  failed.error.code = "provider_timeout";
  events.add(events::RunStarted{}).add(requested(1, 1)).at(200).add(failed);
  events::RetryScheduled retry;
  retry.turn = 1;
  events.add(retry).at(700).add(requested(2, 1)).at(900).add(finished(2));
  const RunOutline run = events.outline();
  ASSERT_EQ(run.turns.size(), 1U);
  EXPECT_EQ(run.turns[0].attempts.size(), 2U);
  EXPECT_EQ(run.turns[0].retry_waits, (std::vector<OutlineSpan>{{200, 700}}));
  EXPECT_EQ(run.turns[0].answer()->number, 2U);
}

TEST(RunOutline, AForkGoesOnFromItsSource) {
  events::RunStarted fork;
  fork.kind = RunKind::fork;
  Events events;
  events.add(events::RunStarted{}).at(100).add(requested(1, 1)).add(finished(1));
  events.add(asked_for("c1")).add(began("c1")).at(500).add(ended("c1")).add(asked_for("c2"));
  events.next_run().add(fork).at(50).add(began("c2")).at(80).add(ended("c2")).add(requested(1, 2)).add(finished(1));
  const RunOutline run = events.outline();
  ASSERT_EQ(run.turns.size(), 2U);
  EXPECT_TRUE(run.turns[0].is_shared);
  EXPECT_FALSE(run.turns[1].is_shared);
  EXPECT_EQ(run.turns[0].calls.size(), 2U);
  EXPECT_EQ(run.turns[0].calls[1].runs, (std::vector<OutlineSpan>{{50, 80}}));
  EXPECT_EQ(run.turns[1].attempts.size(), 1U);
}

TEST(RunOutline, AnAnswerUnderWayIsVoidInTheFork) {
  events::RunStarted fork;
  fork.kind = RunKind::fork;
  Events events;
  events.add(events::RunStarted{}).add(requested(1, 1)).add(delta(1, "Hel"));
  events.next_run().add(fork).add(requested(1, 1)).add(delta(1, "Bye")).add(finished(1));
  const RunOutline run = events.outline();
  ASSERT_EQ(run.turns.size(), 1U);
  EXPECT_FALSE(run.turns[0].is_shared);
  EXPECT_EQ(run.turns[0].attempts.at(0).output, "Bye");
}

}  // namespace
}  // namespace orchestrator::harness::event
