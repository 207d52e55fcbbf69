// SPDX-License-Identifier: Apache-2.0
// Goal: intervals, standard errors, sums and the paired test are those of their formulas. Method: values by hand, to
// the places that a pocket calculator gives, and cases where two formulas must agree.
#include <gtest/gtest.h>

#include <cmath>

#include "evals/testing/made_results.hpp"
#include "orchestrator/harness/eval_results.hpp"

namespace orchestrator::harness::evals::testing {
namespace {

TEST(Wilson, IsTheIntervalOfItsFormula) {
  // n = 10, p = 0.8, z^2 = 3.841459: (0.8 + 0.192073 +- 1.959964 sqrt(0.016 + 0.009604)) / 1.384146.
  const Interval some = wilson_interval(8, 10);
  EXPECT_NEAR(some.low, 0.49016, 1e-5);
  EXPECT_NEAR(some.high, 0.94332, 1e-5);
  // Of none of ten: 0 to z^2 / (n + z^2) = 3.841459 / 13.841459.
  const Interval none = wilson_interval(0, 10);
  EXPECT_NEAR(none.low, 0, 1e-12);
  EXPECT_NEAR(none.high, 0.27753, 1e-5);
  const Interval all = wilson_interval(10, 10);
  EXPECT_NEAR(all.low, 0.72247, 1e-5);
  EXPECT_NEAR(all.high, 1, 1e-12);
}

TEST(ClusteredStandardError, OfOneValueACaseIsThePlainOne) {
  // Values 0, 0, 1, 1: s^2 = 1/3, s/sqrt(4) = 0.288675.
  EXPECT_NEAR(*clustered_standard_error({{0}, {0}, {1}, {1}}), 0.288675, 1e-6);
}

TEST(ClusteredStandardError, DoesNotCountEpochsThatAgreeAsMoreCases) {
  // Cases {1,1}, {0,0}: mean 0.5, sums of deviations 1 and -1, sqrt(2/1 * 2) / 4 = 0.5; without clusters 0.2887.
  EXPECT_NEAR(*clustered_standard_error({{1, 1}, {0, 0}}), 0.5, 1e-12);
  EXPECT_NEAR(*clustered_standard_error({{1}, {0}}), 0.5, 1e-12);
  // Cases {1,0}, {1,0}: each sums to its mean, so nothing varies between cases.
  EXPECT_NEAR(*clustered_standard_error({{1, 0}, {1, 0}}), 0, 1e-12);
  // Cases {1,1,1}, {0.5}, {0}: n = 5, mean 0.7; deviations 0.9, -0.2, -0.7; squares 0.81 + 0.04 + 0.49 = 1.34;
  // sqrt(3/2 * 1.34) / 5 = 0.283549.
  EXPECT_NEAR(*clustered_standard_error({{1, 1, 1}, {0.5}, {0}}), 0.283549, 1e-6);
  EXPECT_FALSE(clustered_standard_error({{1, 0, 1}}).has_value());
  EXPECT_FALSE(clustered_standard_error({}).has_value());
}

TEST(Mcnemar, IsTheExactBinomialTest) {
  EXPECT_EQ(mcnemar_exact(0, 0), 1);
  EXPECT_NEAR(mcnemar_exact(0, 1), 1, 1e-12);        // 2 * 1/2
  EXPECT_NEAR(mcnemar_exact(0, 5), 0.0625, 1e-12);   // 2 * 1/32
  EXPECT_NEAR(mcnemar_exact(1, 5), 0.21875, 1e-12);  // 2 * (1 + 6) / 64
  EXPECT_NEAR(mcnemar_exact(5, 1), 0.21875, 1e-12);
  EXPECT_NEAR(mcnemar_exact(2, 10), 0.03857422, 1e-8);  // 2 * (1 + 12 + 66) / 4096
  EXPECT_EQ(mcnemar_exact(4, 4), 1);
  EXPECT_NEAR(mcnemar_exact(400, 600), 2.7284642e-10, 1e-15);
}

TEST(Summary, CountsFailuresApartFromWrongAnswers) {
  EvalResults results = made_results("a", {{1, 1}, {0, 0}, {1, 0}}, 2);
  results.records[5].status = EvalStatus::run_failed;
  results.records[5].scores.clear();
  results.records[5].cost_micro_usd.reset();
  results.records[5].error = fail(ProviderErrorCode::provider_overloaded, "busy").error();
  const EvalSummary summary = summarise(results);
  ASSERT_EQ(summary.scorers.size(), 1U);
  const ScorerSummary& scorer = summary.scorers[0];
  EXPECT_EQ(scorer.judged, 5U);
  EXPECT_EQ(scorer.passed, 3U);
  EXPECT_NEAR(scorer.mean, 0.6, 1e-12);
  EXPECT_EQ(summary.run_failures, 1U);
  EXPECT_EQ(summary.failures.at("provider_overloaded"), 1U);
  EXPECT_EQ(summary.passed, 3U);
  // Three cases are three trials, of which 1.8 passed, however many epochs they had.
  const Interval wilson = wilson_interval(1.8, 3);
  EXPECT_NEAR(scorer.pass_interval->low, wilson.low, 1e-12);
  EXPECT_NEAR(scorer.pass_interval->high, wilson.high, 1e-12);
  // Deviations 0.8, -1.2, 0.4: sqrt(1.5 * 2.24) / 5 = 0.366606.
  EXPECT_NEAR(*scorer.standard_error, 0.366606, 1e-6);
}

TEST(Summary, UnknownIsNotZero) {
  EvalResults results = made_results("a", {{1}, {1}, {1}}, 1);
  EXPECT_EQ(summarise(results).cost_micro_usd.total(), 30U);
  results.records[1].cost_micro_usd.reset();
  const KnownSum cost = summarise(results).cost_micro_usd;
  EXPECT_EQ(cost.known, 20U);
  EXPECT_EQ(cost.unknown, 1U);
  EXPECT_FALSE(cost.total().has_value());
}

TEST(Summary, OfNothingHasNoIntervals) {
  const EvalSummary summary = summarise(made_results("a", {}, 1));
  ASSERT_EQ(summary.scorers.size(), 1U);
  EXPECT_EQ(summary.scorers[0].judged, 0U);
  EXPECT_FALSE(summary.scorers[0].pass_interval.has_value());
  EXPECT_FALSE(summary.scorers[0].mean_interval.has_value());
}

}  // namespace
}  // namespace orchestrator::harness::evals::testing
