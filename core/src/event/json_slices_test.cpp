// SPDX-License-Identifier: Apache-2.0
// Goal: slices are exactly the bytes of each value, whatever is inside, and text in another form is refused. Method:
// hand-made objects with brackets and commas in strings, every truncation of one, and random nested values.

#include "event/json_slices.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <string>

#include "event/json_writer.hpp"
#include "event/testing/step_generators.hpp"

namespace orchestrator::harness::event {
namespace {

using Members = std::vector<std::pair<std::string_view, std::string_view>>;
using Elements = std::vector<std::string_view>;

TEST(JsonSlices, TakesAnObjectApart) {
  EXPECT_EQ(object_slices(R"({"a":1,"b":"x,}]\"","c":{"d":[1,{"e":2}]},"f":[],"g":null})"),
            (Members{{"a", "1"}, {"b", R"("x,}]\"")"}, {"c", R"({"d":[1,{"e":2}]})"}, {"f", "[]"}, {"g", "null"}}));
  EXPECT_EQ(object_slices("{}"), Members{});
}

TEST(JsonSlices, TakesAnArrayApart) {
  EXPECT_EQ(array_slices(R"([1,"],[",[2,[3]],{"a":"]"}])"), (Elements{"1", R"("],[")", "[2,[3]]", R"({"a":"]"})"}));
  EXPECT_EQ(array_slices("[]"), Elements{});
}

TEST(JsonSlices, FindsOneMemberWithoutLookingFurther) {
  EXPECT_EQ(member_slice(R"({"a":1,"b":{"a":2},"c":3})", "b"), R"({"a":2})");
  EXPECT_EQ(member_slice(R"({"a":1,broken})", "a"), "1");
  EXPECT_EQ(member_slice(R"({"a":1,broken})", "b"), std::nullopt);
  EXPECT_EQ(member_slice(R"({"a":1,"a":2})", "a"), "1");
  EXPECT_EQ(member_slice(R"({"a":1})", "b"), std::nullopt);
  EXPECT_EQ(member_slice("[1]", "a"), std::nullopt);
}

TEST(JsonSlices, RefusesOtherForms) {
  for (const std::string_view text : {"", "{", "}", "[]", "1", R"({"a":1)", R"({"a"})", R"({"a":})", R"({"a":1,})",
                                      R"({,"a":1})", R"({a:1})", R"({ "a":1})", R"({"a" :1})", R"({"a":"x"y})",
                                      R"({"a":{}x})", R"({"a":1"b":2})", R"({"a":"\"})", R"({"a":1}})", R"({"a":]})"}) {
    EXPECT_EQ(object_slices(text), std::nullopt) << text;
  }
  for (const std::string_view text : {"", "[", "]", "{}", "[1,]", "[,1]", "[1 ,]", "[\"]", "[1]]", "[}]"}) {
    EXPECT_EQ(array_slices(text), std::nullopt) << text;
  }
}

TEST(JsonSlices, RefusesEveryTruncation) {
  const std::string whole = R"({"a":[1,{"b":"c\\"}],"d":"\u001f","e":{"f":{}}})";
  ASSERT_TRUE(object_slices(whole));
  for (std::size_t size = 0; size < whole.size(); ++size) EXPECT_FALSE(object_slices(whole.substr(0, size))) << size;
}

TEST(JsonSlices, DeepNestingCostsNoStack) {
  const std::string deep = std::string(1'000'000, '[') + std::string(1'000'000, ']');
  const auto elements = array_slices(deep);
  ASSERT_TRUE(elements);
  ASSERT_EQ(elements->size(), 1U);
  EXPECT_EQ(elements->front().size(), deep.size() - 2);
}

RC_GTEST_PROP(JsonSlices, GivesBackWhatWasPutIn, ()) {
  const auto texts = *rc::gen::container<std::vector<std::string>>(any_text());
  std::string object = "{";
  std::string array = "[";
  std::vector<std::string> values;
  for (const std::string& text : texts) {
    std::string value;
    append_json_string(value, text);
    if (*rc::gen::arbitrary<bool>()) value = "{\"k\":[" + value + ",7]}";
    if (!values.empty()) {
      object.push_back(',');
      array.push_back(',');
    }
    object += "\"k\":" + value;
    array += value;
    values.push_back(std::move(value));
  }
  object += "}";
  array += "]";
  const auto members = object_slices(object);
  const auto elements = array_slices(array);
  RC_ASSERT(members && elements);
  RC_ASSERT(members->size() == values.size());
  for (std::size_t i = 0; i < values.size(); ++i) {
    RC_ASSERT((*members)[i].second == values[i]);
    RC_ASSERT((*elements)[i] == values[i]);
  }
}

}  // namespace
}  // namespace orchestrator::harness::event
