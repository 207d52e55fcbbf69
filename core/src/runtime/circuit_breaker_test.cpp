// SPDX-License-Identifier: Apache-2.0
// Goal: a model that keeps failing is left alone, one call at a time tries it again, and the bucket of retries empties
// and fills. Method: moments given by hand.
#include "runtime/circuit_breaker.hpp"

#include <gtest/gtest.h>

#include "runtime/retry_bucket.hpp"

namespace orchestrator::harness::runtime {
namespace {

using std::chrono::milliseconds;
using Change = CircuitBreaker::Change;
using Verdict = CircuitBreaker::Verdict;

const ModelRef kModel{ProviderId("chat"), "m"};
const ModelRef kOther{ProviderId("chat"), "n"};

CircuitBreaker::TimePoint at(int ms) { return CircuitBreaker::TimePoint(milliseconds(ms)); }
Error error(ProviderErrorCode code) { return ProviderError{code, "as told", "", {}}; }
Error busy() { return error(ProviderErrorCode::provider_overloaded); }

CircuitBreaker opened() {
  CircuitBreaker breaker({3, 1'000});
  for (int i = 0; i < 3; ++i) breaker.failed(kModel, busy(), false, at(i));
  return breaker;
}

TEST(CircuitBreaker, OpensAfterFailuresInARow) {
  CircuitBreaker breaker({3, 1'000});
  EXPECT_EQ(breaker.failed(kModel, busy(), false, at(0)), Change::none);
  EXPECT_EQ(breaker.failed(kModel, busy(), false, at(1)), Change::none);
  EXPECT_EQ(breaker.succeeded(kModel), Change::none);
  EXPECT_EQ(breaker.failed(kModel, busy(), false, at(2)), Change::none) << "an answer ends the row";
  EXPECT_EQ(breaker.failed(kModel, busy(), false, at(3)), Change::none);
  EXPECT_EQ(breaker.admit(kModel, at(3)).verdict, Verdict::pass);
  EXPECT_EQ(breaker.failed(kModel, busy(), false, at(4)), Change::opened);
  EXPECT_EQ(breaker.admit(kModel, at(4)).verdict, Verdict::open);
  EXPECT_EQ(breaker.admit(kModel, at(504)).open_ms, 500U);
  EXPECT_EQ(breaker.admit(kOther, at(4)).verdict, Verdict::pass);
}

TEST(CircuitBreaker, OnlyWhatSaysThatTheProviderDoesNotWorkCounts) {
  for (const ProviderErrorCode code :
       {ProviderErrorCode::provider_rate_limited, ProviderErrorCode::provider_bad_request,
        ProviderErrorCode::provider_auth_failed, ProviderErrorCode::provider_quota_exhausted,
        ProviderErrorCode::provider_content_policy, ProviderErrorCode::provider_unknown}) {
    CircuitBreaker breaker({1, 1'000});
    EXPECT_EQ(breaker.failed(kModel, error(code), false, at(0)), Change::none) << name_of(code);
  }
  CircuitBreaker breaker({1, 1'000});
  EXPECT_EQ(breaker.failed(kModel, RuntimeError{RuntimeErrorCode::cancelled, "x", "", {}}, false, at(0)), Change::none);
  CircuitBreaker never({0, 1'000});
  EXPECT_EQ(never.failed(kModel, busy(), false, at(0)), Change::none);
}

TEST(CircuitBreaker, OneProbeAtATimeDecides) {
  CircuitBreaker breaker = opened();
  EXPECT_EQ(breaker.admit(kModel, at(1'001)).verdict, Verdict::open);
  EXPECT_EQ(breaker.admit(kModel, at(1'002)).verdict, Verdict::probe);
  EXPECT_EQ(breaker.admit(kModel, at(1'002)).verdict, Verdict::open);
  EXPECT_EQ(breaker.succeeded(kModel), Change::closed);
  EXPECT_EQ(breaker.admit(kModel, at(1'003)).verdict, Verdict::pass);
}

TEST(CircuitBreaker, AFailedProbeOpensItForAnotherWhile) {
  CircuitBreaker breaker = opened();
  ASSERT_EQ(breaker.admit(kModel, at(2'000)).verdict, Verdict::probe);
  EXPECT_EQ(breaker.failed(kModel, busy(), true, at(2'500)), Change::opened);
  EXPECT_EQ(breaker.admit(kModel, at(3'499)).verdict, Verdict::open);
  EXPECT_EQ(breaker.admit(kModel, at(3'500)).verdict, Verdict::probe);
}

TEST(CircuitBreaker, AProbeThatShowsNothingIsGivenBack) {
  CircuitBreaker breaker = opened();
  ASSERT_EQ(breaker.admit(kModel, at(2'000)).verdict, Verdict::probe);
  breaker.leave(kModel);
  EXPECT_EQ(breaker.admit(kModel, at(2'000)).verdict, Verdict::probe);
  breaker.failed(kModel, error(ProviderErrorCode::provider_rate_limited), true, at(2'001));
  EXPECT_EQ(breaker.admit(kModel, at(2'002)).verdict, Verdict::probe);
}

TEST(CircuitBreaker, ACallFromBeforeSaysNothingForTheProbe) {
  CircuitBreaker breaker = opened();
  ASSERT_EQ(breaker.admit(kModel, at(2'000)).verdict, Verdict::probe);
  breaker.failed(kModel, error(ProviderErrorCode::provider_rate_limited), false, at(2'001));
  EXPECT_EQ(breaker.failed(kModel, busy(), false, at(2'002)), Change::none);
  EXPECT_EQ(breaker.admit(kModel, at(2'003)).verdict, Verdict::open) << "the probe is still under way";
}

TEST(CircuitBreaker, ACallFromBeforeDoesNotPutTheProbeOff) {
  CircuitBreaker breaker = opened();
  EXPECT_EQ(breaker.failed(kModel, busy(), false, at(900)), Change::none);
  EXPECT_EQ(breaker.admit(kModel, at(1'002)).verdict, Verdict::probe);
}

TEST(RetryBucket, EmptiesAndFillsWithTime) {
  RetryBucket bucket({2, 60});
  EXPECT_TRUE(bucket.take(at(10'000)));
  EXPECT_TRUE(bucket.take(at(10'000)));
  EXPECT_FALSE(bucket.take(at(10'999)));
  EXPECT_TRUE(bucket.take(at(11'000)));
  EXPECT_FALSE(bucket.take(at(11'500)));
  EXPECT_TRUE(bucket.take(at(3'600'000)));
  EXPECT_TRUE(bucket.take(at(3'600'000)));
  EXPECT_FALSE(bucket.take(at(3'600'000))) << "never more than the burst";
  RetryBucket none({0, 60});
  EXPECT_FALSE(none.take(at(1'000'000)));
  RetryBucket once({1, 0});
  EXPECT_TRUE(once.take(at(0)));
  EXPECT_FALSE(once.take(at(1'000'000'000)));
}

}  // namespace
}  // namespace orchestrator::harness::runtime
