// SPDX-License-Identifier: Apache-2.0
// Goal: a comparison finds the cases whose verdict flipped, both ways, and the paired difference of their values.
// Method: results made by hand.
#include <gmock/gmock.h>

#include "evals/testing/made_results.hpp"

namespace orchestrator::harness::evals::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST(Comparison, FindsFlipsBothWays) {
  const EvalResults before = made_results("old", {{1}, {1}, {0}, {1}}, 1);
  const EvalResults after = made_results("new", {{0}, {0}, {1}, {1}}, 1);
  const auto comparison = compare(before, after);
  ASSERT_TRUE(comparison.has_value()) << comparison.error().message;
  ASSERT_EQ(comparison->scorers.size(), 1U);
  const ScorerComparison& exact = comparison->scorers[0];
  ASSERT_EQ(exact.to_fail.size(), 2U);
  EXPECT_EQ(exact.to_fail[0].case_id, "c1");
  EXPECT_EQ(exact.to_fail[1].case_id, "c2");
  ASSERT_EQ(exact.to_pass.size(), 1U);
  EXPECT_EQ(exact.to_pass[0].case_id, "c3");
  EXPECT_EQ(exact.to_pass[0].run_after, after.records[2].run_id);
  // Differences -1, -1, 1, 0: mean -0.25, s^2 = (0.5625 * 2 + 1.5625 + 0.0625) / 3 = 0.916667, s/sqrt(4) = 0.478714.
  EXPECT_NEAR(exact.difference, -0.25, 1e-12);
  EXPECT_EQ(exact.interval->low, -1);  // -0.25 - 1.959964 * 0.478714 is below what a difference can be
  EXPECT_NEAR(exact.interval->high, -0.25 + 1.959964 * 0.478714, 1e-5);
  EXPECT_NEAR(exact.p_value, 1, 1e-12);
  EXPECT_EQ(comparison->cost_before.total(), 40U);
}

TEST(Comparison, ACasePassesWhereHalfOfItsEpochsDo) {
  const EvalResults before = made_results("old", {{1, 0}, {0, 0}}, 2);
  const EvalResults after = made_results("new", {{1, 1}, {1, 0}}, 2);
  const auto comparison = compare(before, after).value();
  EXPECT_TRUE(comparison.scorers[0].to_fail.empty());
  ASSERT_EQ(comparison.scorers[0].to_pass.size(), 1U);
  EXPECT_EQ(comparison.scorers[0].to_pass[0].case_id, "c2");
}

TEST(Comparison, ToldOfCasesThatAreNotInBothOrHaveChanged) {
  const EvalResults before = made_results("old", {{1}, {1}, {1}}, 1);
  EvalResults after = made_results("new", {{1}, {1}, {1}}, 1);
  after.records[1].case_hash = sha256("changed");
  after.records[2].case_id = "c9";
  const auto comparison = compare(before, after).value();
  EXPECT_THAT(comparison.only_before, ElementsAre("c3"));
  EXPECT_THAT(comparison.only_after, ElementsAre("c9"));
  EXPECT_THAT(comparison.changed, ElementsAre("c2"));
  EXPECT_EQ(comparison.scorers[0].cases, 2U);
}

TEST(Comparison, LeavesOutWhatWasNotJudgedInBoth) {
  EvalResults before = made_results("old", {{1}, {1}}, 1);
  const EvalResults after = made_results("new", {{0}, {0}}, 1);
  before.records[0].scores[0].score.reset();
  before.records[0].scores[0].error = fail(RuntimeErrorCode::internal, "x").error();
  before.records[0].status = EvalStatus::scorer_failed;
  const auto comparison = compare(before, after).value();
  EXPECT_EQ(comparison.scorers[0].cases, 1U);
  EXPECT_EQ(comparison.failures_before, 1U);
  EXPECT_FALSE(comparison.scorers[0].interval.has_value());
}

TEST(Comparison, NeedsSomethingInCommon) {
  const EvalResults before = made_results("old", {{1}}, 1);
  EvalResults other = made_results("new", {{1}}, 1);
  other.header.scorers = {"judge"};
  EXPECT_THAT(compare(before, other).error().message, HasSubstr("no scorer in common"));
  other = made_results("new", {{1}}, 1);
  other.records[0].case_id = "c9";
  EXPECT_THAT(compare(before, other).error().message, HasSubstr("no case was judged"));
}

}  // namespace
}  // namespace orchestrator::harness::evals::testing
