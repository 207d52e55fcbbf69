// SPDX-License-Identifier: Apache-2.0
// Goal: null from a strict host is a missing property where the tool's own schema has it optional, and null elsewhere.
#include "codec/json_schema/null_members.hpp"

#include <gtest/gtest.h>

#include <string>

#include "codec/json_schema/json_schema.hpp"
#include "codec/json_schema/strict_schema.hpp"

namespace orchestrator::harness::codec {
namespace {

constexpr const char* kSchema = R"({"type":"object","properties":{
  "a":{"type":"string"}, "b":{"type":["string","null"]}, "a\"c":{"type":"number"}, "size":{"type":"number"},
  "list":{"type":"array","items":{"type":"object","properties":{"x":{"type":"integer"}}}},
  "tree":{"$ref":"#/$defs/tree"},
  "choice":{"anyOf":[{"type":"object","properties":{"p":{"type":"string"},"q":{"type":"string"}},"required":["p"]},
                     {"type":"object","properties":{"q":{"type":"null"}},"required":["q"]}]}},
  "required":["b"],
  "$defs":{"tree":{"type":"object","properties":{"leaf":{"type":"string"},"below":{"$ref":"#/$defs/tree"}}}}})";

TEST(NullMembers, OptionalOnesGoAndAllElseStays) {
  const std::pair<std::string, std::string> rows[] = {
      {R"({"a":null,"b":"x"})", R"({"b":"x"})"},
      {R"({"b":null,"a":null})", R"({"b":null})"},
      {R"({"b":null})", R"({"b":null})"},
      {R"({"a":null})", "{}"},
      {R"( { "size" : 1.50 , "a" : null } )", R"({"size":1.50})"},
      {R"({"size": 1.50})", R"({"size": 1.50})"},
      {R"({"size":12345678901234567890123,"a":null})", R"({"size":12345678901234567890123})"},
      {R"({"a\u0022c":null,"\u0061":null,"b":"\u0061"})", R"({"b":"\u0061"})"},
      {R"({"unknown":null,"a":"null"})", R"({"unknown":null,"a":"null"})"},
      {R"({"list":[{"x":null},null,{"x":1},[]]})", R"({"list":[{},null,{"x":1},[]]})"},
      {R"({"tree":{"leaf":null,"below":{"leaf":"l","below":null}}})", R"({"tree":{"below":{"leaf":"l"}}})"},
      {R"({"choice":{"p":null,"q":null}})", R"({"choice":{"p":null,"q":null}})"},
      {R"([null])", "[null]"},
      {"null", "null"},
      {R"({"a":null)", R"({"a":null)"},
  };
  for (const auto& [before, after] : rows) EXPECT_EQ(drop_nulls(kSchema, before), after) << before;
  EXPECT_EQ(drop_nulls("no schema", R"({"a":null})"), R"({"a":null})");
}

// What a strict host may send for a schema fits the tool's own, once the nulls are gone.
TEST(NullMembers, ArgumentsOfTheStrictSchemaFitTheToolsOwn) {
  constexpr const char* kOwn =
      R"({"type":"object","properties":{"path":{"type":"string"},"line":{"type":"integer"},"mode":{"enum":["r","w"]},)"
      R"("at":{"type":"object","properties":{"x":{"type":"integer"}}}},"required":["path"]})";
  constexpr const char* kArguments = R"({"path":"p","line":null,"mode":null,"at":{"x":null}})";
  const auto strict = JsonSchema::compile(strict_schema(kOwn).value()).value();
  const auto own = JsonSchema::compile(kOwn).value();
  EXPECT_TRUE(strict.check_text(kArguments)->empty());
  EXPECT_FALSE(own.check_text(kArguments)->empty());
  EXPECT_EQ(drop_nulls(kOwn, kArguments), R"({"path":"p","at":{}})");
  EXPECT_TRUE(own.check_text(drop_nulls(kOwn, kArguments))->empty());
}

TEST(NullMembers, TheWorkIsBounded) {
  std::string branches = "{}";
  for (int i = 0; i < 3'000; ++i) branches += ",{}";
  const std::string schema = R"({"properties":{"a":{}},"items":{"$ref":"#"},"anyOf":[)" + branches + "]}";
  const std::string arguments = R"([{"a":null}])";
  EXPECT_EQ(drop_nulls(schema, arguments), arguments);
}

}  // namespace
}  // namespace orchestrator::harness::codec
