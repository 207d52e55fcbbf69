// SPDX-License-Identifier: Apache-2.0
// Goal: the line tells how far an evaluation is and fits its terminal. Method: texts by hand.
#include "cli/display/eval_progress.hpp"

#include <gtest/gtest.h>

namespace orchestrator::cli {
namespace {

TEST(EvalProgressLine, TellsHowFarItIs) {
  harness::EvalProgress progress;
  progress.total = 20;
  EXPECT_EQ(EvalProgressLine::text_of(progress, 79), "[--------------------] 0/20  0 passed");
  progress.done = 12;
  progress.passed = 8;
  progress.failed_runs = 1;
  progress.cost_micro_usd.known = 1'200;
  EXPECT_EQ(EvalProgressLine::text_of(progress, 79), "[############--------] 12/20  8 passed  1 failed  $0.001200");
  progress.done = 20;
  EXPECT_EQ(EvalProgressLine::text_of(progress, 30), "[####################] 20/20  ");
}

TEST(EvalProgressLine, OfNothingIsEmpty) {
  EXPECT_EQ(EvalProgressLine::text_of({}, 79), "[--------------------] 0/0  0 passed");
}

}  // namespace
}  // namespace orchestrator::cli
