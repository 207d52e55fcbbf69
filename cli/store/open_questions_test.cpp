// SPDX-License-Identifier: Apache-2.0
#include "cli/store/open_questions.hpp"

#include <gtest/gtest.h>

namespace orchestrator::cli {
namespace {

using harness::StreamEvent;

const auto kRun = *harness::RunId::parse("run_01JV0000000000000000000000");

StreamEvent event_of(StreamEvent::Payload payload) {
  StreamEvent event;
  event.payload = std::move(payload);
  return event;
}

StreamEvent asked(std::string call_id, std::uint8_t number) {
  StreamEvent::InterruptRaised raised;
  raised.interrupt_id = harness::InterruptId({number});
  raised.call_id = std::move(call_id);
  return event_of(raised);
}

StreamEvent requested(std::string call_id, std::string arguments) {
  StreamEvent::ToolCallRequested call;
  call.call_id = std::move(call_id);
  call.arguments = std::move(arguments);
  return event_of(call);
}

TEST(OpenQuestions, AreThoseWithoutAnAnswer) {
  OpenQuestions questions;
  questions.add(requested("a", R"({"x":1})"));
  questions.add(requested("b", "{}"));
  questions.add(asked("a", 1));
  questions.add(asked("b", 2));
  ASSERT_EQ(questions.list().size(), 2U);
  EXPECT_EQ(questions.list().front().arguments, R"({"x":1})");

  StreamEvent::InterruptResolved resolved;
  resolved.interrupt_id = harness::InterruptId({1});
  questions.add(event_of(resolved));
  ASSERT_EQ(questions.list().size(), 1U);
  EXPECT_EQ(questions.list().front().raised.call_id, "b");
  EXPECT_TRUE(questions.is_open(harness::InterruptId({2})));
  EXPECT_FALSE(questions.is_open(harness::InterruptId({1})));
}

TEST(OpenQuestions, EndWithTheirCallAndWithTheRun) {
  OpenQuestions questions;
  questions.add(asked("a", 1));
  questions.add(asked("b", 2));
  StreamEvent::ToolCallFinished finished;
  finished.call_id = "a";
  questions.add(event_of(finished));
  EXPECT_EQ(questions.list().size(), 1U);
  questions.add(event_of(StreamEvent::Aborted{}));
  EXPECT_TRUE(questions.list().empty());
}

TEST(OpenQuestions, OfAForkKnowTheCallsOfItsSourceAndNotItsQuestions) {
  OpenQuestions questions;
  questions.add_of_source(requested("a", R"({"x":1})"));
  questions.add_of_source(asked("a", 1));
  questions.add_of_source(event_of(StreamEvent::Aborted{}));
  EXPECT_TRUE(questions.list().empty());
  questions.add(asked("a", 2));
  ASSERT_EQ(questions.list().size(), 1U);
  EXPECT_EQ(questions.list().front().arguments, R"({"x":1})");
}

TEST(OpenQuestions, GiveACommandThatAShellTakesAsItStands) {
  EXPECT_EQ(approve_command_line(kRun, "call_1"), "orchestrator approve " + kRun.str() + " call_1");
  EXPECT_EQ(approve_command_line(kRun, "a b'; rm x"), "orchestrator approve " + kRun.str() + " 'a b'\\''; rm x'");
  EXPECT_EQ(approve_command_line(kRun, "-x"), "orchestrator approve " + kRun.str() + " -- '-x'");
  EXPECT_EQ(approve_command_line(kRun, "a\rb"), "orchestrator approve " + kRun.str());
}

}  // namespace
}  // namespace orchestrator::cli
