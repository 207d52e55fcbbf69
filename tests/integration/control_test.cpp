// SPDX-License-Identifier: Apache-2.0
// Goal: commands reach a run under way and are in its journal. Method: scripts with pauses between deltas; each test
// waits for the event that its command needs, never for time.
#include <gtest/gtest.h>

#include <thread>

#include "scripted_harness.hpp"

namespace orchestrator::harness::integration {
namespace {

// Slow enough to be met in the middle: 60 deltas, 20 ms apart.
constexpr const char* kSlow =
    R"({"turns":[{"text":"aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeeeffffffffff","delta_chars":1,"delay_ms":20},{"text":"second"},{"text":"third"}]})";

TEST(Abort, EndsARunInTheMiddleAndKeepsItsText) {
  Harness harness = scripted_harness(kSlow);
  Session session = harness.session();
  auto run = session.run("Hi").start().value();
  const std::string first = read_until<StreamEvent::OutputDelta>(run).text;
  ASSERT_TRUE(run.abort().has_value());
  ASSERT_TRUE(run.abort().has_value());  // again, without effect
  const auto aborted = read_until<StreamEvent::Aborted>(run);
  EXPECT_TRUE(aborted.partial_output.starts_with(first));
  EXPECT_LT(aborted.partial_output.size(), 60U);
  EXPECT_TRUE(run.abort().has_value());  // and after the end

  RunHandle reader = run.reader();
  EXPECT_EQ(of_type<StreamEvent::AbortRequested>(all_events(reader)).size(), 1U);
  const auto history = session.history();
  ASSERT_EQ(history.size(), 2U);
  EXPECT_EQ(text_of(history[1]), aborted.partial_output);
}

TEST(Abort, AfterTheTurnLetsTheAnswerEnd) {
  Harness harness = scripted_harness(R"({"turns":[{"text":"abcdefghij","delta_chars":1,"delay_ms":5}]})");
  auto run = harness.session().run("Hi").hint("And then?", HintPriority::after_turn).start().value();
  read_until<StreamEvent::OutputDelta>(run);
  ASSERT_TRUE(run.abort(AbortMode::after_turn).has_value());
  RunHandle reader = run.reader();
  const auto events = all_events(reader);
  EXPECT_EQ(events.back().type(), "Aborted");
  EXPECT_EQ(of_type<StreamEvent::AttemptFinished>(events).size(), 1U);
  EXPECT_EQ(of_type<StreamEvent::HintDropped>(events).at(0).reason, "run_ended");
}

TEST(Abort, MayComeFromManyThreadsAtOnce) {
  Harness harness = scripted_harness(kSlow);
  auto run = harness.session().run("Hi").start().value();
  read_until<StreamEvent::OutputDelta>(run);
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([control = run.control()] { EXPECT_TRUE(control.abort().has_value()); });
  }
  for (std::thread& thread : threads) thread.join();
  RunHandle reader = run.reader();
  EXPECT_EQ(of_type<StreamEvent::AbortRequested>(all_events(reader)).size(), 1U);
}

TEST(Hint, GoesWithTheNextTurn) {
  Harness harness = scripted_harness(kSlow);
  auto run = harness.session().run("Hi").start().value();
  read_until<StreamEvent::OutputDelta>(run);
  const HintId id = run.hint("Be brief.").value();
  RunHandle reader = run.reader();
  const auto events = all_events(reader);
  EXPECT_EQ(of_type<StreamEvent::HintQueued>(events).at(0).hint_id, id);
  EXPECT_FALSE(of_type<StreamEvent::HintQueued>(events).at(0).in_flight);
  EXPECT_EQ(of_type<StreamEvent::HintDelivered>(events).at(0).turn, 2U);
  EXPECT_EQ(of_type<StreamEvent::Completed>(events).at(0).output, "second");
}

TEST(Hint, IsRefusedWithAReason) {
  Harness harness = scripted_harness(kSlow);
  auto run = harness.session().run("Hi").start().value();
  read_until<StreamEvent::OutputDelta>(run);
  EXPECT_EQ(run.hint("").error().code, "invalid_argument");
  EXPECT_EQ(run.hint(std::string(70'000, 'x')).error().code, "limit_exceeded");
  HintOptions other_turn;
  other_turn.expected_turn = 5;
  EXPECT_EQ(run.control().hint("x", other_turn).error().code, "precondition_failed");
  ASSERT_TRUE(run.abort().has_value());
  ASSERT_TRUE(run.wait().has_value());
  EXPECT_EQ(run.hint("late").error().code, "run_not_active");
}

TEST(Pause, HoldsTheRunUntilResume) {
  Harness harness = scripted_harness(R"({"turns":[{"text":"abcdefghij","delta_chars":1,"delay_ms":5}]})");
  auto run = harness.session().run("Hi").start().value();
  read_until<StreamEvent::OutputDelta>(run);
  ControlHandle control = run.control();
  ASSERT_TRUE(control.pause().has_value());
  ASSERT_TRUE(control.pause().has_value());
  read_until<StreamEvent::AttemptFinished>(run);  // the answer comes to its end, the run does not
  EXPECT_TRUE(control.checkpoint("here").has_value());
  EXPECT_EQ(control.checkpoint("12").error().code, "invalid_argument");  // it would name an event
  EXPECT_EQ(read_until<StreamEvent::CheckpointCreated>(run).label, "here");
  ASSERT_TRUE(control.resume().has_value());
  EXPECT_TRUE(run.wait().value().is_completed());
  EXPECT_EQ(control.resume().error().code, "run_not_active");
  RunHandle reader = run.reader();
  EXPECT_EQ(of_type<StreamEvent::RunResumed>(all_events(reader)).size(), 1U);
}

TEST(Timeout, OfTheRunEndsItWithItsText) {
  Harness harness = scripted_harness(R"({"turns":[{"text":"abc","faults":[{"kind":"stall","after_bytes":900}]}]})");
  TimeoutPolicy timeouts;
  timeouts.run_ms = 50;
  auto run = harness.session().run("Hi").timeouts(timeouts).start().value();
  const auto events = all_events(run);
  EXPECT_EQ(of_type<StreamEvent::Error>(events).at(0).error.code, "run_timeout");
  EXPECT_EQ(of_type<StreamEvent::TimeoutFired>(events).at(0).timer, TimerKind::run);
}

TEST(Timeout, OfAStalledStreamFailsItsAttempt) {
  Harness harness = scripted_harness(R"({"turns":[{"text":"abc","faults":[{"kind":"stall","after_bytes":900}]}]})");
  TimeoutPolicy timeouts;
  timeouts.idle_ms = 30;
  auto run = harness.session().run("Hi").timeouts(timeouts).start().value();
  const auto events = all_events(run);
  EXPECT_EQ(of_type<StreamEvent::Error>(events).at(0).error.code, "provider_stalled");
  EXPECT_EQ(of_type<StreamEvent::TimeoutFired>(events).at(0).timer, TimerKind::idle);
}

TEST(Harness, AbortsItsRunsWhenItEnds) {
  auto store = open_store("memory:").value();
  RunId id;
  {
    Harness harness = scripted_builder(kSlow).store(store).build().value();
    auto run = harness.session().run("Hi").start().value();
    id = run.id();
    read_until<StreamEvent::OutputDelta>(run);
  }
  Harness later = scripted_builder(kSlow).store(store).build().value();
  RunHandle run = later.open_run(id).value();
  EXPECT_EQ(all_events(run).back().type(), "Aborted");
}

}  // namespace
}  // namespace orchestrator::harness::integration
