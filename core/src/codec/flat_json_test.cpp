// SPDX-License-Identifier: Apache-2.0
// Goal: what the quick reader takes, it reads as the full parser does; what it does not take, it refuses.
// Method: cases by hand, and random byte damage compared with `JsonDocument`.
#include "codec/flat_json.hpp"

#include <gtest/gtest.h>

#include <random>

#include "codec/json_document.hpp"
#include "codec/json_slice.hpp"
#include "codec/lone_surrogates.hpp"
#include "event/json_writer.hpp"

namespace orchestrator::harness::codec {
namespace {

std::string text_of(const FlatJson& flat, std::string_view name) {
  bool escaped = false;
  const auto written = flat.find_string(name, escaped);
  if (!written) return "(none)";
  std::string out;
  append_unescaped(out, *written);
  EXPECT_EQ(escaped, written->find('\\') != std::string_view::npos);
  return out;
}

TEST(FlatJson, ReadsFlatObjects) {
  FlatJson flat;
  ASSERT_TRUE(flat.read(
      R"( {"a":"x","n":12 , "e":"", "z":null,"l":[],"o":{},"t":true,"f":false,"u":"é\n\"\u00e9\ud83d\ude00"} )"));
  EXPECT_EQ(text_of(flat, "a"), "x");
  EXPECT_EQ(text_of(flat, "e"), "");
  EXPECT_EQ(text_of(flat, "u"), "\xC3\xA9\n\"\xC3\xA9\xF0\x9F\x98\x80");
  EXPECT_EQ(text_of(flat, "z"), "(none)");
  EXPECT_EQ(text_of(flat, "missing"), "(none)");
  EXPECT_EQ(flat.find_uint("n"), 12U);
  EXPECT_EQ(flat.find_uint("a"), std::nullopt);
  EXPECT_TRUE(flat.read("{}"));
  EXPECT_EQ(text_of(flat, "a"), "(none)");
}

TEST(FlatJson, TakesTheLastOfTwoEqualNames) {
  FlatJson flat;
  ASSERT_TRUE(flat.read(R"({"a":"1","a":"2"})"));
  EXPECT_EQ(text_of(flat, "a"), "2");
}

TEST(FlatJson, RefusesWhatItIsNotCertainOf) {
  FlatJson flat;
  for (const char* text : {"",
                           "{",
                           "[]",
                           "{\"a\":1",
                           "{\"a\":}",
                           "{\"a\" 1}",
                           "{,}",
                           "{\"a\":1,}",
                           "{\"a\":01}",
                           "{\"a\":1.5}",
                           "{\"a\":1e3}",
                           "{\"a\":-1}",
                           "{\"a\":1234567890123456789}",
                           "{\"a\":[1]}",
                           "{\"a\":{\"b\":1}}",
                           "{\"a\":\"\\x\"}",
                           "{\"a\":\"\\u12g4\"}",
                           "{\"a\":\"\n\"}",
                           "{\"a\":\"x}",
                           "{\"a\\u0062\":1}",
                           "{} x",
                           "{}{}",
                           "{\"a\":nul}",
                           "{\"a\":\"\\"}) {
    EXPECT_FALSE(flat.read(text)) << text;
  }
  std::string many = "{";
  for (int index = 0; index < 17; ++index) many += (index == 0 ? "\"k" : ",\"k") + std::to_string(index) + "\":1";
  EXPECT_FALSE(flat.read(many + "}"));
}

TEST(FlatJson, AgreesWithTheFullParserOnDamagedTexts) {
  const std::string good =
      R"({"type":"response.output_text.delta","output_index":0,"delta":" he said \"hi\" \ud83d\ude00\t","logprobs":[],"x":null})";
  const std::string_view alphabet = "{}[]\",:\\u0a. \n\x01-eE";
  std::mt19937 engine(99);
  FlatJson flat;
  JsonDocument document;
  int taken = 0;
  for (int round = 0; round < 20'000; ++round) {
    std::string text = good;
    for (unsigned damage = 0; damage < 1 + engine() % 2; ++damage) {
      const std::size_t at = engine() % text.size();
      if (engine() % 2 == 0) {
        text[at] = alphabet[engine() % alphabet.size()];
      } else {
        text.erase(at, 1);
      }
    }
    if (!event::is_valid_utf8(text) || !flat.read(text)) continue;
    const auto value = document.parse_object(text);
    if (!value) {
      ADD_FAILURE() << text;
      continue;
    }
    ++taken;
    SurrogateJoiner joiner;
    std::string scratch;
    std::string mine(joiner.join(text_of(flat, "delta"), scratch));
    mine += joiner.finish();
    EXPECT_EQ(mine, string_or(**value, "delta", "(none)")) << text;
  }
  EXPECT_GT(taken, 1'000);
}

TEST(JsonSlices, GivesMembersAndElementsVerbatim) {
  const std::string_view text = R"( {"a" : 1.50 , "b":{"x":[1,"}]\"",{}]}, "c":"\u0041", "a":  -2E+3 ,"d":[ ]} )";
  EXPECT_EQ(slice_member(text, "a"), "-2E+3");
  EXPECT_EQ(slice_member(text, "b"), R"({"x":[1,"}]\"",{}]})");
  EXPECT_EQ(slice_member(text, "c"), R"("\u0041")");
  EXPECT_EQ(slice_member(text, "d"), "[ ]");
  EXPECT_EQ(slice_member(text, "e"), "");
  JsonSlices elements(R"([ 1 , [2,3],"x,y" ,null])");
  std::string_view value;
  for (const std::string_view wanted : {"1", "[2,3]", "\"x,y\"", "null"}) {
    ASSERT_TRUE(elements.next(value));
    EXPECT_EQ(value, wanted);
  }
  EXPECT_FALSE(elements.next(value));
  EXPECT_EQ(slice_member("[]", "a"), "");
  EXPECT_EQ(slice_member("12", "a"), "");
}

TEST(JsonSlices, EndsOnAnyText) {
  for (const char* text : {"{", "{\"", "{\"a", "{\"a\"", "{\"a\":", "{\"a\":\"\\", "[", "[[", "[\"", "[}", "{\"a\":]}",
                           "{\"a\":1,", "[,]"}) {
    std::string_view name;
    std::string_view value;
    JsonSlices members(text);
    for (int round = 0; round < 10 && members.next(name, value); ++round) continue;
    JsonSlices elements(text);
    int count = 0;
    while (elements.next(value)) ASSERT_LT(++count, 10) << text;
  }
}

}  // namespace
}  // namespace orchestrator::harness::codec
