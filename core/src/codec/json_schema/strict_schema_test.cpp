// SPDX-License-Identifier: Apache-2.0
// Goal: a strict host gets a schema that it takes, or the tool's author the one keyword that it does not take.
#include "codec/json_schema/strict_schema.hpp"

#include <gtest/gtest.h>

#include <string>

namespace orchestrator::harness::codec {
namespace {

std::string strict(std::string_view schema) {
  const auto made = strict_schema(schema);
  return made ? *made : made.error().code + " " + made.error().message + " at " + made.error().at;
}

// An object schema with one required property of the given schema.
std::string with_property(const std::string& schema) {
  return R"({"type":"object","properties":{"a":)" + schema + R"(},"required":["a"],"additionalProperties":false})";
}

// The same, but the property is optional in `before`.
void expect_optional(const std::string& before, const std::string& after) {
  EXPECT_EQ(strict(R"({"type":"object","properties":{"a":)" + before + R"(},"additionalProperties":false})"),
            R"({"type":"object","properties":{"a":)" + after + R"(},"additionalProperties":false,"required":["a"]})");
}

TEST(StrictSchema, WhatIsInTheSubsetStaysByteForByte) {
  for (const std::string property :
       {R"({"type": "string", "pattern": "^a", "description": "d", "title": "t"})",
        R"({"type":["integer","null"],"minimum":1.50,"maximum":2,"multipleOf":1e0})",
        R"({"anyOf":[{"type":"string","format":"uuid"},{"type":"null"}]})",
        R"({"type":"array","items":{"enum":[1,"x",null]},"minItems":1,"maxItems":2})", R"({"const":7})",
        R"({"$ref":"#"})", R"({"type":"object","additionalProperties":false})"}) {
    EXPECT_EQ(strict(with_property(property)), with_property(property));
  }
  const std::string recursive =
      R"({"type":"object","properties":{"t":{"$ref":"#/$defs/tree"}},"required":["t"],"additionalProperties":false,)"
      R"("$defs":{"tree":{"type":"object","properties":{"below":{"type":"array","items":{"$ref":"#/$defs/tree"}}},)"
      R"("required":["below"],"additionalProperties":false}}})";
  EXPECT_EQ(strict(recursive), recursive);
}

TEST(StrictSchema, OptionalPropertiesBecomeUnionsWithNull) {
  expect_optional(R"({"type":"string"})", R"({"type":["string","null"]})");
  expect_optional(R"({"type":["string","integer"]})", R"({"type":["string","integer","null"]})");
  expect_optional(R"({"type":["string","null"]})", R"({"type":["string","null"]})");
  expect_optional(R"({"type":"string","enum":["x","y"]})", R"({"type":["string","null"],"enum":["x","y",null]})");
  expect_optional(R"({"enum":["x"]})", R"({"enum":["x",null]})");
  expect_optional(R"({"const":1})", R"({"anyOf":[{"const":1},{"type":"null"}]})");
  expect_optional(R"({"$ref":"#"})", R"({"anyOf":[{"$ref":"#"},{"type":"null"}]})");
  expect_optional(R"({"anyOf":[{"type":"string"},{"type":"integer"}]})",
                  R"({"anyOf":[{"type":"string"},{"type":"integer"},{"type":"null"}]})");
  expect_optional(R"({"anyOf":[{"type":"string"},{"type":"null"}]})",
                  R"({"anyOf":[{"type":"string"},{"type":"null"}]})");
  expect_optional(R"({"description":"d","anyOf":[{"type":"string"}]})",
                  R"({"anyOf":[{"description":"d","anyOf":[{"type":"string"}]},{"type":"null"}]})");
}

TEST(StrictSchema, EveryObjectIsClosed) {
  EXPECT_EQ(strict(R"({"type":"object"})"), R"({"type":"object","additionalProperties":false})");
  EXPECT_EQ(
      strict(
          R"({"type":"object","properties":{"a":{"type":"array","items":{"type":"object","properties":{"b":{"type":"null"}}}}}})"),
      R"({"type":"object","properties":{"a":{"type":["array","null"],"items":{"type":"object","properties":{"b":{"type":"null"}},)"
      R"("additionalProperties":false,"required":["b"]}}},"additionalProperties":false,"required":["a"]})");
}

TEST(StrictSchema, EveryKeywordOutsideTheSubsetIsNamed) {
  for (const std::string keyword : {"allOf",
                                    "oneOf",
                                    "not",
                                    "if",
                                    "dependentRequired",
                                    "dependentSchemas",
                                    "dependencies",
                                    "patternProperties",
                                    "propertyNames",
                                    "minProperties",
                                    "maxProperties",
                                    "unevaluatedProperties",
                                    "prefixItems",
                                    "contains",
                                    "uniqueItems",
                                    "contentEncoding",
                                    "$anchor",
                                    "$schema",
                                    "default",
                                    "minLength",
                                    "maxLength",
                                    "x"}) {
    EXPECT_EQ(
        strict(with_property(R"({"type":"string",")" + keyword + R"(":1})")),
        "tool_schema_invalid not in the strict subset: the keyword '" + keyword + "' at /properties/a/" + keyword);
  }
}

TEST(StrictSchema, SoIsEveryFormThatItDoesNotHave) {
  const std::pair<std::string, std::string> rows[] = {
      {"true", "/properties/a"},
      {"{}", "/properties/a"},
      {R"({"description":"any"})", "/properties/a"},
      {R"({"type":"array"})", "/properties/a"},
      {R"({"type":"array","items":[{"type":"null"}]})", "/properties/a/items"},
      {R"({"type":"object","additionalProperties":true})", "/properties/a/additionalProperties"},
      {R"({"type":"object","additionalProperties":{"type":"string"}})", "/properties/a/additionalProperties"},
      {R"({"type":"object","required":["b"]})", "/properties/a/required"},
      {R"({"type":"object","properties":{"x/y":{"type":"string","default":1}}})",
       "/properties/a/properties/x~1y/default"},
      {R"({"type":"string","properties":{}})", "/properties/a/properties"},
      {R"({"type":"string","format":"uri"})", "/properties/a/format"},
      {R"({"$ref":"#/properties/a"})", "/properties/a/$ref"},
      {R"({"$ref":"#/$defs/a/items"})", "/properties/a/$ref"},
      {R"({"anyOf":[{"type":"string"},{"oneOf":[]}]})", "/properties/a/anyOf/1/oneOf"},
      {R"({"anyOf":7})", "/properties/a/anyOf"},
      {R"({"enum":7})", "/properties/a/enum"},
  };
  for (const auto& [property, at] : rows) {
    const auto made = strict_schema(with_property(property));
    ASSERT_FALSE(made) << property;
    EXPECT_EQ(made.error().code, "tool_schema_invalid");
    EXPECT_EQ(made.error().at, at) << property;
  }
  for (const char* root : {"{}", "[]", "{", R"({"type":["object"]})", R"({"type":"string"})",
                           R"({"type":"object","anyOf":[{"type":"object"}]})"}) {
    EXPECT_TRUE(strict(root).starts_with("tool_schema_invalid")) << root;
  }
}

TEST(StrictSchema, LimitsAreThoseOfTheHost) {
  const auto nested = [](int levels) {
    std::string schema = R"({"type":"object","additionalProperties":false})";
    for (int i = 1; i < levels; ++i) schema = with_property(schema);
    return schema;
  };
  EXPECT_EQ(strict(nested(10)), nested(10));
  EXPECT_NE(strict(nested(11)).find("more than 10 levels"), std::string::npos);
  const auto wide = [](int properties) {
    std::string schema = R"({"type":"object","properties":{)";
    for (int i = 0; i < properties; ++i) schema += (i > 0 ? ",\"" : "\"") + std::to_string(i) + R"(":{"type":"null"})";
    return schema + "}}";
  };
  EXPECT_TRUE(strict_schema(wide(5'000)));
  EXPECT_NE(strict(wide(5'001)).find("more than 5,000 properties"), std::string::npos);
  std::string values = "0";
  for (int i = 1; i < 1'000; ++i) values += "," + std::to_string(i);
  EXPECT_TRUE(strict_schema(with_property(R"({"enum":[)" + values + "]}")));
  EXPECT_NE(strict(with_property(R"({"enum":[)" + values + ",1000]}")).find("more than 1,000"), std::string::npos);
  EXPECT_NE(strict(with_property(R"({"const":")" + std::string(120'000, 'x') + "\"}")).find("120,000 bytes"),
            std::string::npos);
}

}  // namespace
}  // namespace orchestrator::harness::codec
