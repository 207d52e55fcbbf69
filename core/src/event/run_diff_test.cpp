// SPDX-License-Identifier: Apache-2.0
// Goal: steps of two runs are paired by what they are; what one run has more of shifts nothing, and the first step that
// differs in more than measures is found. Method: outlines made by hand.
#include "event/run_diff.hpp"

#include <gtest/gtest.h>

namespace orchestrator::harness::event {
namespace {

RunOutline outline(const std::string& input) {
  RunOutline run;
  run.started.input.emplace_back(TextPart{input});
  return run;
}

OutlineTurn answered(std::uint32_t number, const std::string& text) {
  OutlineTurn turn;
  turn.number = number;
  OutlineAttempt attempt;
  attempt.seq = number * 10;
  attempt.number = number;
  attempt.output = text;
  attempt.finish_reason = FinishReason::stop;
  attempt.span = {0, 1'000};
  attempt.cost_micro_usd = 5;
  turn.attempts.push_back(std::move(attempt));
  return turn;
}

OutlineCall called(const std::string& tool, const std::string& arguments, const std::string& result) {
  OutlineCall call;
  call.tool = tool;
  call.arguments = arguments;
  call.result = result;
  call.outcome = ToolOutcome::ok;
  return call;
}

std::string shape(const RunDifference& difference) {
  std::string shape;
  for (const StepPair& pair : difference.pairs) {
    shape += pair.a && pair.b ? (pair.diverges() ? '!' : '=') : pair.a ? '-' : '+';
  }
  return shape;
}

TEST(RunDiff, EqualRunsDivergeNowhere) {
  RunOutline run = outline("Hi");
  run.turns = {answered(1, "one"), answered(2, "two")};
  run.turns[0].calls = {called("read", "{}", "text")};
  const RunDifference difference = compare(run, run);
  EXPECT_EQ(shape(difference), "====");
  EXPECT_FALSE(difference.first_divergence);
}

TEST(RunDiff, MeasuresAreToldAndDivergeNothing) {
  RunOutline a = outline("Hi");
  a.turns = {answered(1, "one")};
  RunOutline b = a;
  b.turns[0].attempts[0].span.to_us = 9'000;
  b.turns[0].attempts[0].cost_micro_usd = 7;
  const RunDifference difference = compare(a, b);
  EXPECT_EQ(shape(difference), "==");
  ASSERT_EQ(difference.pairs[1].differences.size(), 2U);
  EXPECT_EQ(difference.pairs[1].differences[0].field, "cost_micro_usd");
  EXPECT_EQ(difference.pairs[1].differences[1].b, "9000");
}

TEST(RunDiff, AStepThatOneRunHasMoreOfShiftsNothing) {
  RunOutline a = outline("Hi");
  a.turns = {answered(1, "look"), answered(2, "end")};
  a.turns[0].calls = {called("read", R"({"path":"a"})", "A"), called("read", R"({"path":"b"})", "B")};
  RunOutline b = outline("Hi");
  b.turns = {answered(1, "look"), answered(2, "end")};
  b.turns[0].calls = {called("search", "{}", "x"), called("read", R"({"path":"b"})", "B")};
  const RunDifference difference = compare(a, b);
  EXPECT_EQ(shape(difference), "==-+==");
  EXPECT_EQ(difference.first_divergence, 2U);
}

TEST(RunDiff, AWholeTurnMayBeMissing) {
  RunOutline a = outline("Hi");
  a.turns = {answered(1, "look"), answered(2, "again"), answered(3, "end")};
  RunOutline b = outline("Hi");
  b.turns = {answered(1, "look"), answered(2, "end")};
  EXPECT_EQ(shape(compare(a, b)), "==-=");
  EXPECT_EQ(shape(compare(b, a)), "==+=");
}

TEST(RunDiff, NamesTheFieldsThatDiffer) {
  RunOutline a = outline("Hi");
  a.started.system = "Be brief.";
  a.turns = {answered(1, "look")};
  a.turns[0].calls = {called("read", R"({"path":"a"})", "A")};
  RunOutline b = outline("Hello");
  b.turns = {answered(1, "look")};
  b.turns[0].calls = {called("read", R"({"path":"b"})", "A")};
  b.turns[0].calls[0].outcome = ToolOutcome::denied;
  const RunDifference difference = compare(a, b);
  EXPECT_EQ(shape(difference), "!=!");
  std::string fields;
  for (const StepPair& pair : difference.pairs) {
    for (const FieldDifference& one : pair.differences) fields += one.field + " ";
  }
  EXPECT_EQ(fields, "input system arguments outcome ");
}

TEST(RunDiff, LongRunsThatShareNothingAreAlignedByPlace) {
  RunOutline a = outline("Hi");
  RunOutline b = outline("Hi");
  for (std::uint32_t turn = 1; turn <= 2'500; ++turn) {
    a.turns.push_back(answered(turn, "a" + std::to_string(turn)));
    b.turns.push_back(answered(turn, "b" + std::to_string(turn)));
  }
  EXPECT_EQ(compare(a, b).pairs.size(), 2'501U);
}

}  // namespace
}  // namespace orchestrator::harness::event
