// SPDX-License-Identifier: Apache-2.0
#include "event/canonical_json.hpp"

#include <gtest/gtest.h>

#include <bit>
#include <cstdint>
#include <cstdio>
#include <string>
#include <utility>

namespace orchestrator::harness::event {
namespace {

std::string canonical(std::string_view text) { return canonical_json(text).value_or("(refused)"); }

// RFC 8785, 3.2.2: the example of the standard.
TEST(CanonicalJson, WritesTheExampleOfTheStandard) {
  EXPECT_EQ(canonical(R"({
    "numbers": [333333333.33333329, 1E30, 4.50, 2e-3, 0.000000000000000000000000001],
    "string": "\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/",
    "literals": [null, true, false]})"),
            "{\"literals\":[null,true,false],\"numbers\":[333333333.3333333,1e+30,4.5,0.002,1e-27],"
            "\"string\":\"\u20ac$\\u000f\\nA'B\\\"\\\\\\\\\\\"/\"}");
}

// RFC 8785, 3.2.3: names sort by UTF-16 code units, in which an emoji comes before U+FB33.
TEST(CanonicalJson, SortsNamesByTheirCodeUnits) {
  EXPECT_EQ(canonical(R"({"\u20ac":1,"\r":2,"\ufb33":3,"1":4,"\ud83d\ude00":5,"\u0080":6,"\u00f6":7})"),
            "{\"\\r\":2,\"1\":4,\"\u0080\":6,\"\u00f6\":7,\"\u20ac\":1,\"\U0001F600\":5,\"\uFB33\":3}");
}

// RFC 8785, appendix B: bits of a double, and its text.
TEST(CanonicalJson, WritesTheNumbersOfTheStandard) {
  const std::pair<std::uint64_t, const char*> samples[] = {
      {0x0000000000000000, "0"},
      {0x8000000000000000, "0"},
      {0x0000000000000001, "5e-324"},
      {0x8000000000000001, "-5e-324"},
      {0x7fefffffffffffff, "1.7976931348623157e+308"},
      {0x4340000000000000, "9007199254740992"},
      {0xc340000000000000, "-9007199254740992"},
      {0x4430000000000000, "295147905179352830000"},
      {0x44b52d02c7e14af5, "9.999999999999997e+22"},
      {0x44b52d02c7e14af6, "1e+23"},
      {0x44b52d02c7e14af7, "1.0000000000000001e+23"},
      {0x444b1ae4d6e2ef4e, "999999999999999700000"},
      {0x444b1ae4d6e2ef50, "1e+21"},
      {0x3eb0c6f7a0b5ed8c, "9.999999999999997e-7"},
      {0x3eb0c6f7a0b5ed8d, "0.000001"},
      {0x41b3de4355555553, "333333333.3333332"},
      {0x41b3de4355555557, "333333333.33333343"},
      {0xbecbf647612f3696, "-0.0000033333333333333333"},
  };
  for (const auto& [bits, text] : samples) {
    char given[40];
    std::snprintf(given, sizeof given, "%.17g", std::bit_cast<double>(bits));
    EXPECT_EQ(canonical(given), text);
  }
}

TEST(CanonicalJson, IsTheSameForEveryTextOfAValue) {
  EXPECT_EQ(canonical(R"({"b":[1.0,{}],"a":"\u0061"})"), canonical(" { \"a\" : \"a\" , \"b\" : [ 1 , { } ] } "));
  EXPECT_EQ(canonical(R"({"a":1,"a":2})"), R"({"a":2})");
}

TEST(CanonicalJson, RefusesWhatIsNoJson) {
  for (const char* text : {"", "{", "{}x", "[1,]", "nan", "\"\\ud800\"", "1e400", "[{\"a\":-2e555555}]"})
    EXPECT_EQ(canonical(text), "(refused)") << text;
  EXPECT_EQ(canonical(std::string(129, '[') + std::string(129, ']')), "(refused)");
}

}  // namespace
}  // namespace orchestrator::harness::event
