// SPDX-License-Identifier: Apache-2.0
#include "daemon/answers/json_body.hpp"

#include <gtest/gtest.h>

#include <string>

namespace orchestrator::daemon {
namespace {

std::string code_of(std::string_view text) {
  const auto parsed = parse_json_body(text);
  return parsed ? "" : parsed.error().code;
}

TEST(JsonBody, SaysWhatIsWrongAndWhere) {
  EXPECT_EQ(code_of(R"({"a":[1,2.5,"x",null,true]})"), "");
  EXPECT_EQ(code_of(R"({"a":)"), "invalid_json");
  EXPECT_EQ(code_of("{}x"), "invalid_json");
  EXPECT_EQ(code_of(""), "invalid_json");
  EXPECT_EQ(code_of(std::string(129, '[') + std::string(129, ']')), "json_too_deep");
  EXPECT_EQ(code_of(std::string(100'000, '[')), "json_too_deep");
  EXPECT_EQ(code_of("{\"a\":\"\xff\"}"), "invalid_utf8");
  EXPECT_EQ(code_of(R"({"a":"\ud800"})"), "invalid_unicode");
  EXPECT_EQ(code_of(R"({"a":1,"a":2})"), "duplicate_key");
  EXPECT_EQ(code_of(R"({"a":{"b":1},"c":{"b":1}})"), "");
  EXPECT_EQ(code_of(R"({"a":1,"\u0061":2})"), "duplicate_key");
  EXPECT_NE(parse_json_body("{\n  \"a\" 1}").error().message.find("line 2, column"), std::string::npos);
  EXPECT_EQ(parse_json_body("{\"\xc3\xa9\":\"\xc3\"}").error().got, boost::json::value(std::uint64_t{7}));
}

TEST(JsonBody, ChecksByASchema) {
  const auto schema = harness::codec::JsonSchema::compile(R"({"type": "object", "additionalProperties": false,
    "required": ["model"], "properties": {"model": {"type": "string"}, "turns": {"type": "integer", "minimum": 1}}})");
  ASSERT_TRUE(schema) << schema.error().message;
  const auto code = [&](std::string_view text) {
    const auto checked = check_json_body(parse_json_body(text).value(), *schema);
    return checked ? std::string() : checked.error().code + " " + checked.error().at;
  };
  EXPECT_EQ(code(R"({"model":"a","turns":2})"), "");
  EXPECT_EQ(code(R"({"modle":"a"})"), "unknown_field /modle");
  EXPECT_EQ(code(R"({})"), "missing_field ");
  EXPECT_EQ(code(R"({"model":1})"), "wrong_type /model");
  EXPECT_EQ(code(R"({"model":"a","turns":0})"), "out_of_range /turns");
  EXPECT_EQ(code(R"({"model":"a","turns":1.5})"), "wrong_type /turns");
  EXPECT_NE(check_json_body(parse_json_body(R"({"modle":"a"})").value(), *schema).error().message.find("model"),
            std::string::npos);
}

}  // namespace
}  // namespace orchestrator::daemon
