// SPDX-License-Identifier: Apache-2.0
// Goal: amounts with units are read exactly, and a wrong one is answered with the units that there are.

#include "cli/configuration/quantity.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace orchestrator::cli {
namespace {

using ::testing::HasSubstr;

TEST(Duration, ReadsUnits) {
  EXPECT_EQ(parse_duration_ms("250ms"), 250U);
  EXPECT_EQ(parse_duration_ms("90s"), 90'000U);
  EXPECT_EQ(parse_duration_ms("1h30m"), 5'400'000U);
  EXPECT_EQ(parse_duration_ms("1d2h3m4s5ms"), 93'784'005U);
  EXPECT_EQ(parse_duration_ms("365d"), 31'536'000'000U);
}

TEST(Duration, NamesTheUnits) {
  for (const auto* text :
       {"", "10", "10 parsecs", "-5s", "5 s", "s", "30m1h", "5m5m", "366d", "0s", "1.5s", "99999999999999999999s"}) {
    const auto parsed = parse_duration_ms(text);
    ASSERT_FALSE(parsed) << text;
    EXPECT_THAT(parsed.error(), HasSubstr("the units ms, s, m, h, d")) << text;
  }
}

TEST(Size, ReadsUnits) {
  EXPECT_EQ(parse_size_bytes("4096"), 4'096U);
  EXPECT_EQ(parse_size_bytes("64KiB"), 65'536U);
  EXPECT_EQ(parse_size_bytes("16 MiB"), 16'777'216U);
  EXPECT_EQ(parse_size_bytes("1GB"), 1'000'000'000U);
}

TEST(Size, NamesTheUnits) {
  for (const auto* text : {"", "1ZB", "MiB", "-1", "1.5MiB", "99999999999GiB"}) {
    const auto parsed = parse_size_bytes(text);
    ASSERT_FALSE(parsed) << text;
    EXPECT_THAT(parsed.error(), HasSubstr("KiB, MB, MiB")) << text;
  }
}

TEST(Count, StaysInRange) {
  EXPECT_EQ(parse_count("65535", 1, 65'535), 65'535U);
  for (const auto* text : {"0", "65536", "abc", "", "1x", "+1", " 1"}) {
    EXPECT_FALSE(parse_count(text, 1, 65'535)) << text;
  }
}

}  // namespace
}  // namespace orchestrator::cli
