// SPDX-License-Identifier: Apache-2.0
// Goal: payloads of any shape are either a value or one clear error. Method: small texts by hand.
#include "codec/json_document.hpp"

#include <gtest/gtest.h>

#include <string>

#include "codec/lone_surrogates.hpp"

namespace orchestrator::harness::codec {
namespace {

std::string nested(std::size_t depth) { return std::string(depth, '[') + std::string(depth, ']'); }

TEST(JsonDocument, GivesTheObjectAndIsReusedAfterFailures) {
  JsonDocument document;
  for (int round = 0; round < 3; ++round) {
    const auto good = document.parse_object(R"({"a":"x","n":7,"o":{"b":true},"l":[1]} )");
    ASSERT_TRUE(good) << good.error().message;
    EXPECT_EQ(string_or(**good, "a"), "x");
    EXPECT_EQ(uint_or(**good, "n", 0), 7U);
    EXPECT_TRUE(bool_or(*find_object(**good, "o"), "b", false));
    EXPECT_EQ(find_array(**good, "l")->size(), 1U);
    EXPECT_FALSE(document.parse(R"({"a":)"));
    EXPECT_FALSE(document.parse(""));
  }
}

TEST(JsonDocument, KeepsLargeValuesWhole) {
  JsonDocument document;
  const std::string big(300'000, 'x');
  const auto value = document.parse_object(R"({"b64":")" + big + "\"}");
  ASSERT_TRUE(value);
  EXPECT_EQ(string_or(**value, "b64"), big);
}

TEST(JsonDocument, RefusesWhatIsNotOneJsonText) {
  JsonDocument document;
  for (const char* text :
       {"{", "{}x", "{'a':1}", "[1,]", "nul", "\"\xFF\"", "{\"a\":NaN}", "\"a\nb\"", "\"\\ud83x\""}) {
    const auto value = document.parse(text);
    ASSERT_FALSE(value) << text;
    EXPECT_EQ(value.error().code, "provider_bad_json") << text;
    EXPECT_TRUE(follows_mapping(value.error())) << text;
  }
  EXPECT_FALSE(document.parse_object("[1]"));
  EXPECT_TRUE(document.parse("[1]"));
}

TEST(JsonDocument, BoundsDepth) {
  JsonDocument document(16);
  EXPECT_TRUE(document.parse(nested(16)));
  const auto deep = document.parse(nested(17));
  ASSERT_FALSE(deep);
  EXPECT_NE(deep.error().message.find("nested deeper than 16"), std::string::npos);
  EXPECT_FALSE(document.parse(std::string(1'000'000, '[')));
}

TEST(JsonDocument, BoundsTheNumberOfValues) {
  JsonDocument document;
  std::string list = "[0";
  for (std::size_t i = 2; i < JsonDocument::kValuesMax; ++i) list += ",0";
  EXPECT_TRUE(document.parse(list + "]"));
  const auto more = document.parse(list + ",0]");
  ASSERT_FALSE(more);
  EXPECT_EQ(more.error().code, "provider_response_too_large");
  EXPECT_NE(more.error().message.find("524288 values"), std::string::npos);
  EXPECT_TRUE(document.parse("[0]"));
}

TEST(JsonDocument, ParsesLargeTextsAsOftenAsTheyCome) {
  JsonDocument document;
  const std::string text = R"({"text":")" + std::string(10'000, 'x') + R"(","list":[1,2,3]})";
  for (int round = 0; round < 100; ++round) ASSERT_TRUE(document.parse_object(text)) << round;
}

TEST(JsonDocument, QuotesTheFirst200BytesEscaped) {
  JsonDocument document;
  const auto value = document.parse("{\"a\x01\xFF\"\n" + std::string(500, 'y'));
  ASSERT_FALSE(value);
  EXPECT_NE(value.error().message.find("{\\\"a\\x01\\xff\\\"\\nyyy"), std::string::npos) << value.error().message;
  EXPECT_NE(value.error().message.find("...\""), std::string::npos);
  EXPECT_LT(value.error().message.size(), 400U);
}

TEST(JsonDocument, QuotesNoKeys) {
  JsonDocument document;
  const auto value = document.parse("Incorrect API key provided: sk-proj-abcdefghijklmnopqrstuvwxyz0123456789");
  ASSERT_FALSE(value);
  EXPECT_EQ(value.error().message.find("abcdefghij"), std::string::npos) << value.error().message;
}

TEST(JsonDocument, GettersTolerateMissingNullAndOtherTypes) {
  JsonDocument document;
  const auto value = document.parse_object(R"({"z":null,"s":1,"n":"1","o":[],"l":{},"b":0,"neg":-1,"e":""})");
  ASSERT_TRUE(value);
  for (const char* name : {"missing", "z"}) {
    EXPECT_EQ(find_member(**value, name), nullptr);
    EXPECT_EQ(find_object(**value, name), nullptr);
    EXPECT_EQ(find_array(**value, name), nullptr);
    EXPECT_EQ(string_or(**value, name, "f"), "f");
    EXPECT_EQ(uint_or(**value, name, 9), 9U);
  }
  EXPECT_EQ(string_or(**value, "s", "f"), "f");
  EXPECT_EQ(find_string(**value, "e"), "");
  EXPECT_EQ(uint_or(**value, "n", 9), 9U);
  EXPECT_EQ(find_uint(**value, "neg"), std::nullopt);
  EXPECT_EQ(find_object(**value, "o"), nullptr);
  EXPECT_EQ(find_array(**value, "l"), nullptr);
  EXPECT_TRUE(bool_or(**value, "b", true));
}

TEST(JsonDocument, ReadsTokenCountsAndFlagsNonsense) {
  JsonDocument document;
  const auto value = document.parse_object(
      R"({"ok":12,"zero":0,"null":null,"neg":-5,"huge":1e18,"big":1000000000000000000,"half":1.5,"text":"12",)"
      R"("round":12.0,"list":[],"most":1000000000000,"above":18446744073709551616})");
  ASSERT_TRUE(value) << value.error().message;
  const auto read = [&](const char* name, bool expect_invalid) {
    bool invalid = false;
    const auto count = read_token_count(**value, name, invalid);
    EXPECT_EQ(invalid, expect_invalid) << name;
    return count;
  };
  EXPECT_EQ(read("ok", false), 12U);
  EXPECT_EQ(read("zero", false), 0U);
  EXPECT_EQ(read("round", false), 12U);
  EXPECT_EQ(read("most", false), kTokenCountMax);
  EXPECT_EQ(read("missing", false), std::nullopt);
  EXPECT_EQ(read("null", false), std::nullopt);
  for (const char* name : {"neg", "huge", "big", "half", "text", "list", "above"}) {
    EXPECT_EQ(read(name, true), std::nullopt) << name;
  }
}

TEST(JsonDocument, ReplacesHalvesOfSurrogatePairs) {
  JsonDocument document;
  const auto value =
      document.parse_object(R"({"a":"x\ud83d","b":"\ude00y","c":"\ud83d\ude00","d":"\ud83d\u0041\\ud83d"})");
  ASSERT_TRUE(value) << value.error().message;
  EXPECT_EQ(string_or(**value, "a"), "x\xEF\xBF\xBD");
  EXPECT_EQ(string_or(**value, "b"), "\xEF\xBF\xBDy");
  EXPECT_EQ(string_or(**value, "c"), "\xF0\x9F\x98\x80");
  EXPECT_EQ(string_or(**value, "d"),
            "\xEF\xBF\xBD"
            "A\\ud83d");
}

TEST(JsonDocument, KeptHalvesStillNeedValidUtf8Around) {
  JsonDocument document;
  EXPECT_FALSE(document.parse("{\"a\":\"\\ud83d\",\"b\":\"\xFF\"}", LoneSurrogates::keep));
}

std::string joined(std::initializer_list<const char*> json_strings) {
  JsonDocument document;
  SurrogateJoiner joiner;
  std::string scratch;
  std::string out;
  for (const char* text : json_strings) {
    const auto value = document.parse(text, LoneSurrogates::keep);
    if (!value) return "does not parse: " + std::string(text);
    const auto& string = (*value)->as_string();
    out += joiner.join({string.data(), string.size()}, scratch);
  }
  out += joiner.finish();
  return out;
}

TEST(SurrogateJoiner, JoinsPairsCutBetweenDeltas) {
  EXPECT_EQ(joined({R"("a\ud83d")", R"("\ude00b")"}),
            "a\xF0\x9F\x98\x80"
            "b");
  EXPECT_EQ(joined({R"("\ud83d")", R"("")", R"("\ude00")"}), "\xF0\x9F\x98\x80");
  EXPECT_EQ(joined({R"("\ud83d")", R"("x")"}), "\xEF\xBF\xBDx");
  EXPECT_EQ(joined({R"("\ud83d")"}), "\xEF\xBF\xBD");
  EXPECT_EQ(joined({R"("\ud83d\ud83d")", R"("\ude00\ude00")"}), "\xEF\xBF\xBD\xF0\x9F\x98\x80\xEF\xBF\xBD");
  EXPECT_EQ(joined({R"("퟿\ue000")"}), "\xED\x9F\xBF\xEE\x80\x80");
}

}  // namespace
}  // namespace orchestrator::harness::codec
