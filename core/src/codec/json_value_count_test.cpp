// SPDX-License-Identifier: Apache-2.0
// Goal: the count is never too low, and exact but for empty lists and objects. Method: small texts by hand.
#include "codec/json_value_count.hpp"

#include <gtest/gtest.h>

namespace orchestrator::harness::codec {
namespace {

TEST(JsonValueCount, CountsValuesAtEveryLevel) {
  EXPECT_FALSE(has_more_values("[0,1,2]", 4));
  EXPECT_TRUE(has_more_values("[0,1,2]", 3));
  EXPECT_FALSE(has_more_values(R"({"a":{"b":[1,2]},"c":3})", 6));
  EXPECT_TRUE(has_more_values(R"({"a":{"b":[1,2]},"c":3})", 5));
  EXPECT_TRUE(has_more_values("[[],[],[]]", 3));
}

TEST(JsonValueCount, LooksIntoNoString) {
  EXPECT_FALSE(has_more_values(R"(["[[[[,,,,{{{{","\\\",,,,[[[[",2])", 4));
  EXPECT_TRUE(has_more_values(R"(["[[[[","\\",2])", 3));
  EXPECT_FALSE(has_more_values(R"(["never closed ,,,,,,,,)", 2));
  EXPECT_FALSE(has_more_values("[\"cut after a backslash\\", 2));
}

}  // namespace
}  // namespace orchestrator::harness::codec
