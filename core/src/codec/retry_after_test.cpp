// SPDX-License-Identifier: Apache-2.0
// Goal: every form in which servers ask to wait is understood, and nonsense never becomes a long or negative wait.
#include "codec/retry_after.hpp"

#include <gtest/gtest.h>

namespace orchestrator::harness::codec {
namespace {

constexpr std::int64_t kSecondUs = 1'000'000;

TEST(RetryAfter, ReadsSecondsWithFractionAndUnit) {
  EXPECT_EQ(parse_delay_seconds("30"), (RetryDelay{30'000, false}));
  EXPECT_EQ(parse_delay_seconds(" 1.5 "), (RetryDelay{1'500, false}));
  EXPECT_EQ(parse_delay_seconds("48.939935699s"), (RetryDelay{48'939, false}));
  EXPECT_EQ(parse_delay_seconds("0"), (RetryDelay{0, false}));
  EXPECT_EQ(parse_delay_seconds("1.5e1"), (RetryDelay{15'000, false}));
}

TEST(RetryAfter, ClampsWhatIsOutsideTheRange) {
  EXPECT_EQ(parse_delay_seconds("-5"), (RetryDelay{0, true}));
  EXPECT_EQ(parse_delay_seconds("1e9"), (RetryDelay{60'000, true}));
  EXPECT_EQ(parse_delay_seconds("60.001"), (RetryDelay{60'000, true}));
  EXPECT_EQ(parse_delay_seconds("99999999999999999999999999"), (RetryDelay{60'000, true}));
  EXPECT_EQ(parse_delay_seconds("9e999999999999999999999"), (RetryDelay{60'000, true}));
}

TEST(RetryAfter, RefusesWhatIsNoDuration) {
  for (const char* text : {"", "s", "-", "soon", "1,5", "1.5.2", "0x10", "1e", "1 2", "."}) {
    EXPECT_EQ(parse_delay_seconds(text), std::nullopt) << text;
  }
}

TEST(RetryAfter, ReadsTheThreeFormsOfAnHttpDate) {
  const WallTime expected{784'111'777 * kSecondUs};
  EXPECT_EQ(parse_http_date("Sun, 06 Nov 1994 08:49:37 GMT"), expected);
  EXPECT_EQ(parse_http_date("Sunday, 06-Nov-94 08:49:37 GMT"), expected);
  EXPECT_EQ(parse_http_date("Sun Nov  6 08:49:37 1994"), expected);
  EXPECT_EQ(parse_http_date("Thu, 01 Jan 1970 00:00:00 GMT"), WallTime{0});
  EXPECT_EQ(parse_http_date("Tue, 29 Feb 2028 00:00:00 GMT"), WallTime{1'835'395'200 * kSecondUs});
  for (const char* text : {"", "Sun, 06 Nov 1994", "Sun, 00 Nov 1994 08:49:37 GMT", "Sun, 06 Nov 1994 24:00:00 GMT",
                           "Sun, 06 Foo 1994 08:49:37 GMT", "a b c d e f g h i j"}) {
    EXPECT_EQ(parse_http_date(text), std::nullopt) << text;
  }
}

TEST(RetryAfter, ComparesADateWithNow) {
  const WallTime now{784'111'777 * kSecondUs};
  EXPECT_EQ(retry_delay_of({{"Retry-After", "Sun, 06 Nov 1994 08:49:57 GMT"}}, now), (RetryDelay{20'000, false}));
  EXPECT_EQ(retry_delay_of({{"Retry-After", "Sun, 06 Nov 1994 08:00:00 GMT"}}, now), (RetryDelay{0, false}));
  EXPECT_EQ(retry_delay_of({{"Retry-After", "Thu, 31 Dec 2099 23:59:59 GMT"}}, now), (RetryDelay{60'000, true}));
}

TEST(RetryAfter, MillisecondsWinUnlessTheyAreZero) {
  EXPECT_EQ(retry_delay_of({{"retry-after", "7"}, {"RETRY-AFTER-MS", "250"}}, {}), (RetryDelay{250, false}));
  EXPECT_EQ(retry_delay_of({{"retry-after", "1"}, {"retry-after-ms", "0"}}, {}), (RetryDelay{1'000, false}));
  EXPECT_EQ(retry_delay_of({{"retry-after-ms", "0"}}, {}), (RetryDelay{0, false}));
  EXPECT_EQ(retry_delay_of({{"retry-after-ms", "12.7"}}, {}), (RetryDelay{12, false}));
  EXPECT_EQ(retry_delay_of({{"retry-after", "soon"}}, {}), std::nullopt);
  EXPECT_EQ(retry_delay_of({}, {}), std::nullopt);
}

}  // namespace
}  // namespace orchestrator::harness::codec
