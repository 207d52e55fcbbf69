// SPDX-License-Identifier: Apache-2.0
// Goal: what a schema says is what is checked, every word of it; reasons name place, keyword and what is allowed.
#include "codec/json_schema/json_schema.hpp"

#include <gtest/gtest.h>

#include <string>

#include "event/json_writer.hpp"

namespace orchestrator::harness::codec {
namespace {

std::string reasons(std::string_view schema, std::string_view instance) {
  const auto compiled = JsonSchema::compile(schema);
  if (!compiled) return "schema refused: " + compiled.error().message + " at " + compiled.error().at;
  const auto found = compiled->check_text(instance);
  if (!found) return found.error().code + ": " + found.error().message;
  std::string all;
  for (const SchemaViolation& violation : *found) {
    all += (all.empty() ? "" : "; ") + violation.pointer + " " + violation.keyword + ": " + violation.message;
  }
  return all;
}

constexpr const char* kTool = R"({
  "type": "object",
  "properties": {
    "path": {"type": "string", "minLength": 1},
    "mode": {"enum": ["read", "write"]},
    "lines": {"type": "array", "items": {"type": "integer", "minimum": 1}, "maxItems": 2}
  },
  "required": ["path"],
  "additionalProperties": false
})";

TEST(JsonSchema, ReasonsNameThePlaceTheKeywordAndWhatIsAllowed) {
  EXPECT_EQ(reasons(kTool, R"({"path":"a","mode":"read","lines":[1,2]})"), "");
  EXPECT_EQ(reasons(kTool, "{}"), " required: the member 'path' is missing");
  EXPECT_EQ(reasons(kTool, R"({"path":7})"), R"(/path type: is integer (7), expected string)");
  EXPECT_EQ(reasons(kTool, R"({"path":"a","mode":"red"})"), R"(/mode enum: is "red", allowed are "read", "write")");
  EXPECT_EQ(reasons(kTool, R"({"path":"a","lines":[1,0,3]})"),
            "/lines maxItems: has 3 items, at most 2 are allowed; /lines/1 minimum: is 0, must be at least 1");
  EXPECT_EQ(reasons(kTool, R"({"path":"a","moed":"read"})"),
            "/moed additionalProperties: there is no member of this name; did you mean 'mode'?; allowed are lines, "
            "mode, path");
  EXPECT_EQ(reasons(kTool, R"({"path":""})"), "/path minLength: has 0 characters, at least 1 are needed");
}

TEST(JsonSchema, TextThatIsNoJsonIsAnError) {
  for (const char* text : {"", "{", "{\"path\":\"a\"} x", "nan"}) {
    EXPECT_TRUE(reasons(kTool, text).starts_with("tool_args_invalid: not one JSON value")) << text;
  }
}

TEST(JsonSchema, EveryUnsupportedKeywordIsRefusedWithItsPlace) {
  for (const char* keyword : {"unevaluatedProperties", "unevaluatedItems", "$dynamicRef", "$anchor", "$dynamicAnchor",
                              "$recursiveRef", "contentSchema", "$vocabulary", "extends", "x-unknown"}) {
    const std::string schema = R"({"properties":{"a":{")" + std::string(keyword) + R"(":{}}}})";
    const std::string found = reasons(schema, "{}");
    EXPECT_NE(found.find("'" + std::string(keyword) + "' is not supported"), std::string::npos) << found;
    EXPECT_NE(found.find("at /properties/a/"), std::string::npos) << found;
  }
  EXPECT_NE(reasons(R"({"requird":["a"]})", "{}").find("did you mean 'required'?"), std::string::npos);
}

TEST(JsonSchema, WhatIsNoSchemaIsRefused) {
  for (const char* schema : {"",
                             "[]",
                             "7",
                             "{\"type\":\"text\"}",
                             "{\"type\":[]}",
                             "{\"enum\":1}",
                             "{\"required\":[1]}",
                             "{\"minimum\":\"1\"}",
                             "{\"multipleOf\":0}",
                             "{\"minLength\":-1}",
                             "{\"minLength\":1.5}",
                             "{\"allOf\":[]}",
                             "{\"properties\":[]}",
                             "{\"pattern\":\"(\"}",
                             "{\"pattern\":\"(?=a)\"}",
                             "{\"items\":3}",
                             "{\"$ref\":\"other.json\"}",
                             "{\"$ref\":\"#/nowhere\"}",
                             "{\"$ref\":\"https://a/b#\"}",
                             "{\"exclusiveMinimum\":true}",
                             "{\"properties\":{\"a\":{\"$id\":\"b\"}}}",
                             "{\"uniqueItems\":1}"}) {
    EXPECT_TRUE(reasons(schema, "{}").starts_with("schema refused")) << schema << " -> " << reasons(schema, "{}");
  }
}

TEST(JsonSchema, AReferenceThatNeverEndsIsRefused) {
  for (const char* schema : {R"({"$ref":"#"})", R"({"allOf":[{"$ref":"#"}]})",
                             R"({"$defs":{"a":{"$ref":"#/$defs/b"},"b":{"anyOf":[{"$ref":"#/$defs/a"}]}}})",
                             R"({"not":{"$ref":"#"}})", R"({"dependentSchemas":{"a":{"$ref":"#"}}})"}) {
    EXPECT_NE(reasons(schema, "{}").find("leads in a circle"), std::string::npos) << schema;
  }
  // Recursion that goes into the value is what trees are made of.
  const char* tree = R"({"properties":{"next":{"$ref":"#"}},"additionalProperties":false})";
  EXPECT_EQ(reasons(tree, R"({"next":{"next":{}}})"), "");
  EXPECT_TRUE(reasons(tree, R"({"next":{"nxt":{}}})").starts_with("/next/nxt additionalProperties"));
}

TEST(JsonSchema, TakesWhatOnly2020Has) {
  EXPECT_EQ(reasons(R"({"$defs":{"n":{"type":"integer"}},"$ref":"#/$defs/n","minimum":3})", "2"),
            " minimum: is 2, must be at least 3");
  EXPECT_EQ(reasons(R"({"prefixItems":[{"type":"integer"}],"items":false})", "[1,2]"),
            "/1 false: nothing is allowed here");
  EXPECT_EQ(reasons(R"({"dependentRequired":{"a":["b"]}})", R"({"a":1})"),
            " dependentRequired: with 'a' the member 'b' is needed, too");
  EXPECT_EQ(reasons(R"({"dependentSchemas":{"a":{"required":["c"]}}})", R"({"a":1})"),
            " required: the member 'c' is missing");
  EXPECT_EQ(reasons(R"({"contains":{"type":"integer"},"minContains":2,"maxContains":2})", "[1,\"a\",2]"), "");
  EXPECT_EQ(reasons(R"({"contains":{"type":"integer"},"minContains":2})", "[1]"),
            " contains: has 1 items that fit 'contains', at least 2 are needed");
}

TEST(JsonSchema, BesideAReferenceTheDraftDecides) {
  const char* schema = R"({"definitions":{"n":{"type":"integer"}},"$ref":"#/definitions/n","minimum":3})";
  EXPECT_EQ(JsonSchema::compile(schema, SchemaDraft::draft_7)->check_text("2")->size(), 0U);
  EXPECT_EQ(JsonSchema::compile(schema, SchemaDraft::draft_2020_12)->check_text("2")->size(), 1U);
  const std::string named = R"({"$schema":"http://json-schema.org/draft-07/schema#",)" + std::string(schema).substr(1);
  EXPECT_EQ(JsonSchema::compile(named)->check_text("2")->size(), 0U);
}

TEST(JsonSchema, OfAlternativesTheNearestOneExplains) {
  const char* schema = R"({"anyOf":[{"type":"string"},{"type":"object","required":["id"],"properties":{"id":{}}}]})";
  EXPECT_EQ(reasons(schema, "{}"), " required: the member 'id' is missing;  anyOf: fits none of 2 alternatives");
  EXPECT_EQ(reasons(R"({"oneOf":[{"minimum":1},{"minimum":2}]})", "3"),
            " oneOf: fits 2 of 2 alternatives, exactly one may fit");
}

TEST(JsonSchema, NumbersAreComparedExactly) {
  EXPECT_EQ(reasons(R"({"maximum":9007199254740992})", "9007199254740993"),
            " maximum: is 9007199254740993, must be at most 9007199254740992");
  EXPECT_EQ(reasons(R"({"const":18446744073709551615})", "18446744073709551615"), "");
  EXPECT_EQ(reasons(R"({"type":"integer"})", "1.0"), "");
  EXPECT_EQ(reasons(R"({"type":"integer"})", "1e3"), "");
  EXPECT_EQ(reasons(R"({"multipleOf":0.01})", "4.35"), "");
  EXPECT_NE(reasons(R"({"multipleOf":0.01})", "4.351"), "");
  EXPECT_EQ(reasons(R"({"multipleOf":1})", "1000000000.5"), " multipleOf: is 1.0000000005E9, must be a multiple of 1");
}

// G1: patterns take time in proportion to their text, and the work on any value is bounded.
TEST(JsonSchema, HostileValuesCostBoundedWork) {
  EXPECT_NE(reasons(R"({"pattern":"^(a+)+$"})", "\"" + std::string(200'000, 'a') + "!\""), "");
  std::string deep = R"({"type":"integer"})";
  for (int i = 0; i < 20; ++i) deep = R"({"anyOf":[)" + deep + "," + deep + "]}";
  if (deep.size() < (256U << 10)) ADD_FAILURE() << "the schema should be past its limit";
  EXPECT_TRUE(reasons(deep, "\"x\"").starts_with("schema refused"));
  std::string twice = R"("a":{"type":"integer"})";
  for (int i = 0; i < 25; ++i) {
    const std::string name = std::string(1, static_cast<char>('b' + i % 24)) + std::to_string(i);
    const std::string below =
        i == 0 ? "a" : std::string(1, static_cast<char>('b' + (i - 1) % 24)) + std::to_string(i - 1);
    twice +=
        R"(,")" + name + R"(":{"anyOf":[{"$ref":"#/$defs/)" + below + R"("},{"$ref":"#/$defs/)" + below + R"("}]})";
  }
  const std::string exponential = R"({"$defs":{)" + twice + R"(},"$ref":"#/$defs/b24"})";
  EXPECT_EQ(reasons(exponential, "\"x\""), " : the value takes more than 2,000,000 steps to check");
  std::string many = "[0";
  for (int i = 1; i < 5'000; ++i) many += "," + std::to_string(i);
  EXPECT_EQ(reasons(R"({"uniqueItems":true})", many + "]"), " : the value takes more than 2,000,000 steps to check");
}

std::string listed(int count, const std::string& before, const std::string& after = "") {
  std::string all;
  for (int i = 0; i < count; ++i)
    all += (i == 0 ? "" : ",") + before + (after.empty() ? "" : std::to_string(i)) + after;
  return all;
}

// What one part of a schema asks of each part of a value is work, too.
TEST(JsonSchema, NamesPatternsAndReasonsAreCountedAsWork) {
  const std::string past = " : the value takes more than 2,000,000 steps to check";
  const std::string names = listed(5'000, "\"p", "\"");
  EXPECT_EQ(reasons(R"({"items":{"required":[)" + names + "]}}", "[" + listed(2'000, "{}") + "]"), past);
  EXPECT_EQ(
      reasons(R"({"items":{"dependentRequired":{"a":[)" + names + "]}}}", "[" + listed(2'000, R"({"a":1})") + "]"),
      past);
  const std::string text = "\"" + std::string(1'000'000, 'x') + "\"";
  EXPECT_EQ(reasons(R"({"pattern":"^x*$","maxLength":1000000})", text), "");
  EXPECT_EQ(reasons(R"({"allOf":[)" + listed(200, R"({"pattern":"(x+x+)+y)", "\"}") + "]}", text), past);
  EXPECT_EQ(reasons(R"({"allOf":[)" + listed(200, R"({"minLength":)", "}") + "]}", text), past);
  // Of alternatives each makes its reason anew, and each names what is near.
  const std::string closed =
      R"({"additionalProperties":false,"properties":{)" + listed(1'000, "\"name_", "\":{}") + "}}";
  EXPECT_EQ(reasons(R"({"items":{"anyOf":[)" + closed + "]}}", "[" + listed(2'000, R"({"nmae_1":1})") + "]"), past);
}

TEST(JsonSchema, OfAGreatValueOnlyTheBeginningIsShown) {
  const std::string great = "[" + listed(1'000, "12345") + "]";
  const std::string found = reasons(R"({"type":"string"})", great);
  EXPECT_TRUE(found.starts_with(" type: is array ([12345,12345,")) << found;
  EXPECT_TRUE(found.ends_with("...), expected string")) << found;
  EXPECT_LT(found.size(), 150U);
  std::string euros = "\"";
  for (int i = 0; i < 500; ++i) euros += "\xe2\x82\xac";
  EXPECT_TRUE(event::is_valid_utf8(reasons(R"({"type":"null"})", euros + "\"")));
}

TEST(JsonSchema, PointersAreEscaped) {
  EXPECT_TRUE(
      reasons(R"({"additionalProperties":{"type":"integer"}})", R"({"a/b~c":"x"})").starts_with("/a~1b~0c type"));
}

}  // namespace
}  // namespace orchestrator::harness::codec
