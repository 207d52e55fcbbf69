// SPDX-License-Identifier: Apache-2.0
// Goal: a classifier's word counts only where it is one number. The calls themselves are tested through runs.
#include "runtime/classifier_call.hpp"

#include <gtest/gtest.h>

namespace orchestrator::harness::runtime {
namespace {

TEST(ClassifierScore, IsTheOneNumberOfTheAnswer) {
  EXPECT_EQ(score_in("87"), 0.87);
  EXPECT_EQ(score_in(" 0\n"), 0);
  EXPECT_EQ(score_in("100"), 1);
  EXPECT_EQ(score_in("I say 12."), 0.12);
  EXPECT_EQ(score_in("**42**"), 0.42);
}

TEST(ClassifierScore, AnythingElseIsNone) {
  for (const char* answer : {"", "no", "3 or 4", "101", "-5", "1e3", "0x10", "0.95", ".95", "12.5", "1,5", "50/100",
                             "99999999999999999999999999"}) {
    const auto score = score_in(answer);
    ASSERT_FALSE(score) << answer;
    EXPECT_EQ(score.error().code, "invalid_argument") << answer;
  }
}

}  // namespace
}  // namespace orchestrator::harness::runtime
