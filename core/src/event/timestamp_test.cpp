// SPDX-License-Identifier: Apache-2.0
// Goal: wall times have one text form that reads back exactly. Method: known dates (leap years, both ends, before
// 1970), texts of other forms, dates that do not exist, and round trips of random times.

#include "event/timestamp.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace orchestrator::harness::event {
namespace {

constexpr std::int64_t kFirstUs = -62'167'219'200'000'000;
constexpr std::int64_t kLastUs = 253'402'300'799'999'999;

std::string text_of(std::int64_t unix_us) {
  std::string out;
  append_rfc3339(out, WallTime{unix_us});
  return out;
}

TEST(Timestamp, WritesKnownTimes) {
  EXPECT_EQ(text_of(0), "1970-01-01T00:00:00.000000Z");
  EXPECT_EQ(text_of(-1), "1969-12-31T23:59:59.999999Z");
  EXPECT_EQ(text_of(951'782'400'000'000), "2000-02-29T00:00:00.000000Z");
  EXPECT_EQ(text_of(2'147'483'648'000'000), "2038-01-19T03:14:08.000000Z");
  EXPECT_EQ(text_of(1'795'358'756'123'456), "2026-11-22T14:45:56.123456Z");
}

TEST(Timestamp, ClampsToFourDigitYears) {
  EXPECT_EQ(text_of(kFirstUs - 1), "0000-01-01T00:00:00.000000Z");
  EXPECT_EQ(text_of(kLastUs + 1), "9999-12-31T23:59:59.999999Z");
  EXPECT_EQ(text_of(std::numeric_limits<std::int64_t>::min()), text_of(kFirstUs));
  EXPECT_EQ(text_of(std::numeric_limits<std::int64_t>::max()), text_of(kLastUs));
}

TEST(Timestamp, RefusesOtherFormsAndDatesThatDoNotExist) {
  for (const std::string_view text :
       {"", "2026-11-22", "2026-11-22T14:45:56Z", "2026-11-22T14:45:56.123Z", "2026-11-22T14:45:56.123456+00:00",
        "2026-11-22 14:45:56.123456Z", "2026-11-22t14:45:56.123456z", "2026-13-22T14:45:56.123456Z",
        "2026-00-22T14:45:56.123456Z", "2026-02-29T14:45:56.123456Z", "2100-02-29T14:45:56.123456Z",
        "2026-04-31T14:45:56.123456Z", "2026-11-00T14:45:56.123456Z", "2026-11-22T24:45:56.123456Z",
        "2026-11-22T14:60:56.123456Z", "2026-11-22T14:45:60.123456Z", "2026-11-22T14:45:56.12345aZ",
        "+026-11-22T14:45:56.123456Z", "2026-11-22T14:45:56.123456Z\n"}) {
    EXPECT_FALSE(parse_rfc3339(text)) << text;
  }
}

TEST(Timestamp, BothEndsReadBack) {
  EXPECT_EQ(parse_rfc3339(text_of(kFirstUs)), WallTime{kFirstUs});
  EXPECT_EQ(parse_rfc3339(text_of(kLastUs)), WallTime{kLastUs});
}

RC_GTEST_PROP(Timestamp, RoundTripsAndSortsAsText, ()) {
  const auto first = *rc::gen::inRange(kFirstUs, kLastUs);
  const auto second = *rc::gen::inRange(kFirstUs, kLastUs);
  RC_ASSERT(parse_rfc3339(text_of(first)) == WallTime{first});
  RC_ASSERT((text_of(first) < text_of(second)) == (first < second));
}

}  // namespace
}  // namespace orchestrator::harness::event
