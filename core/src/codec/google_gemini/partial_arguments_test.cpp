// SPDX-License-Identifier: Apache-2.0
// Goal: values that come one by one, each with its place, add up to the object that was meant; bad places are errors.
#include <gtest/gtest.h>

#include "codec/google_gemini/partial_arguments.hpp"

namespace orchestrator::harness::codec::gemini {
namespace {

std::string take(PartialArguments& arguments, const std::string& path, const std::string& value) {
  const auto entry = boost::json::parse("{\"jsonPath\":\"" + path + "\"," + value + "}");
  const auto taken = arguments.take(entry.as_object());
  return taken ? "" : taken.error().code;
}

TEST(PartialArguments, AddUp) {
  PartialArguments arguments;
  EXPECT_TRUE(arguments.empty());
  EXPECT_EQ(arguments.json(), "{}");
  EXPECT_EQ(take(arguments, "$.a.list[1].name", R"("stringValue":"x")"), "");
  EXPECT_EQ(take(arguments, "$.a.list[1].name", R"("stringValue":"y","willContinue":true)"), "");
  EXPECT_EQ(take(arguments, "$.a.list[0]", R"("numberValue":1.5)"), "");
  EXPECT_EQ(take(arguments, "$['odd.name']", R"("boolValue":true)"), "");
  EXPECT_EQ(take(arguments, "$.none", R"("nullValue":"NULL_VALUE")"), "");
  EXPECT_EQ(arguments.json(), R"({"a":{"list":[1.5E0,{"name":"xy"}]},"odd.name":true,"none":null})");
  EXPECT_FALSE(arguments.empty());
}

TEST(PartialArguments, BadPlacesAreErrors) {
  PartialArguments arguments;
  EXPECT_EQ(take(arguments, "$.a", R"("stringValue":"x")"), "");
  std::string deep = "$";
  for (int i = 0; i < 100; ++i) deep += ".x";
  for (const std::string& path : {std::string(), std::string("$"), std::string("a"), std::string("$.a.b"),
                                  std::string("$.a[0]"), std::string("$.l[99999999]"), std::string("$.l[x]"),
                                  std::string("$.l[1"), std::string("$['x"), std::string("$..x"), deep}) {
    EXPECT_EQ(take(arguments, path, R"("stringValue":"x")"), "provider_bad_tool_delta") << path;
  }
}

}  // namespace
}  // namespace orchestrator::harness::codec::gemini
