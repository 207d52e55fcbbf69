// SPDX-License-Identifier: Apache-2.0
// Goal: a described struct is its own schema, and what the schema takes is read exactly.
#include "orchestrator/harness/tool_arguments.hpp"

#include <gtest/gtest.h>

#include <stdexcept>

#include "codec/json_schema/json_schema.hpp"

namespace orchestrator::harness {
namespace {

enum class Mode : std::uint8_t { read, write };
BOOST_DESCRIBE_ENUM(Mode, read, write)

struct Range {
  std::int32_t first = 0;
  std::optional<std::int32_t> last;
  bool operator==(const Range&) const = default;
};
BOOST_DESCRIBE_STRUCT(Range, (), (first, last))

struct Everything {
  std::string path;
  bool deep = false;
  std::uint8_t level = 0;
  std::int64_t offset = 0;
  std::uint64_t size = 0;
  double share = 0;
  float weight = 0;
  Mode mode = Mode::read;
  std::optional<std::string> note;
  std::vector<std::string> names;
  std::map<std::string, std::int16_t> counts;
  Range range;
  std::optional<std::vector<Range>> ranges;
};
BOOST_DESCRIBE_STRUCT(Everything, (),
                      (path, deep, level, offset, size, share, weight, mode, note, names, counts, range, ranges))

struct Nothing {};
BOOST_DESCRIBE_STRUCT(Nothing, (), ())

constexpr const char* kEverything =
    R"({"path":"a\u00e9","deep":true,"level":255,"offset":-9223372036854775808,"size":18446744073709551615,)"
    R"("share":0.1,"weight":2,"mode":"write","names":["x","y"],"counts":{"a/b":-1},"range":{"first":1.0},)"
    R"("ranges":[{"first":2,"last":3}]})";

// The kEverything text with one member's value put in another's place.
std::string with(const std::string& member, const std::string& value) {
  std::string text = kEverything;
  const std::size_t name = text.find("\"" + member + "\":");
  const std::size_t from = name + member.size() + 3;
  const std::size_t to = text.find_first_of(",}", from);
  return text.replace(from, to - from, value);
}

TEST(ToolArguments, AStructIsItsSchema) {
  const std::vector<FieldDescription> fields = {{"path", "Which \"file\"."}, {"ranges.last", "Inclusive."}};
  const std::string range =
      R"("type":"object","properties":{"first":{"type":"integer","minimum":-2147483648,"maximum":2147483647},"last":{)";
  const std::string range_end =
      R"("type":"integer","minimum":-2147483648,"maximum":2147483647}},"required":["first"],"additionalProperties":false})";
  EXPECT_EQ(
      arguments_schema<Everything>(fields),
      R"({"type":"object","properties":{"path":{"description":"Which \"file\".","type":"string"},)"
      R"("deep":{"type":"boolean"},"level":{"type":"integer","minimum":0,"maximum":255},)"
      R"("offset":{"type":"integer","minimum":-9223372036854775808,"maximum":9223372036854775807},)"
      R"("size":{"type":"integer","minimum":0,"maximum":18446744073709551615},)"
      R"("share":{"type":"number"},"weight":{"type":"number"},"mode":{"type":"string","enum":["read","write"]},)"
      R"("note":{"type":"string"},"names":{"type":"array","items":{"type":"string"}},)"
      R"("counts":{"type":"object","additionalProperties":{"type":"integer","minimum":-32768,"maximum":32767}},)"
      R"("range":{)" +
          range + range_end + R"(,"ranges":{"type":"array","items":{)" + range + R"("description":"Inclusive.",)" +
          range_end +
          R"(}},"required":["path","deep","level","offset","size","share","weight","mode","names","counts","range"],)"
          R"("additionalProperties":false})");
  EXPECT_EQ(arguments_schema<Nothing>(),
            R"({"type":"object","properties":{},"required":[],"additionalProperties":false})");
}

TEST(ToolArguments, ADescriptionOfNoFieldIsAMistake) {
  const std::vector<FieldDescription> fields = {{"pth", "Which file."}};
  try {
    (void)arguments_schema<Everything>(fields);
    ADD_FAILURE() << "nothing was thrown";
  } catch (const std::invalid_argument& error) {
    EXPECT_NE(std::string(error.what()).find("'path'"), std::string::npos) << error.what();
  }
}

TEST(ToolArguments, WhatTheSchemaTakesIsRead) {
  const auto schema = codec::JsonSchema::compile(arguments_schema<Everything>());
  ASSERT_TRUE(schema) << schema.error().message;
  const auto violations = schema->check_text(kEverything);
  ASSERT_TRUE(violations);
  ASSERT_TRUE(violations->empty()) << violations->front().message;
  const auto args = decode_arguments<Everything>(kEverything);
  ASSERT_TRUE(args) << args.error().message;
  EXPECT_EQ(args->path, "a\xC3\xA9");
  EXPECT_TRUE(args->deep);
  EXPECT_EQ(args->level, 255);
  EXPECT_EQ(args->offset, std::numeric_limits<std::int64_t>::min());
  EXPECT_EQ(args->size, std::numeric_limits<std::uint64_t>::max());
  EXPECT_EQ(args->share, 0.1);
  EXPECT_EQ(args->weight, 2.0F);
  EXPECT_EQ(args->mode, Mode::write);
  EXPECT_FALSE(args->note);
  EXPECT_EQ(args->names, (std::vector<std::string>{"x", "y"}));
  EXPECT_EQ(args->counts, (std::map<std::string, std::int16_t>{{"a/b", std::int16_t{-1}}}));
  EXPECT_EQ(args->range, (Range{1, std::nullopt}));
  EXPECT_EQ(args->ranges, (std::vector<Range>{{2, 3}}));
  EXPECT_TRUE(decode_arguments<Nothing>("{}"));
}

// Schema and reader refuse the same; the reader alone says where.
TEST(ToolArguments, WhatTheSchemaRefusesIsNeverRead) {
  const auto schema = codec::JsonSchema::compile(arguments_schema<Everything>()).value();
  const std::vector<std::pair<std::string, std::string>> bad = {
      {"path", "7"},           {"deep", "1"},
      {"level", "256"},        {"level", "-1"},
      {"level", "1.5"},        {"offset", "9223372036854775808"},
      {"size", "-1"},          {"size", "18446744073709551616"},
      {"share", "\"1\""},      {"mode", "\"red\""},
      {"mode", "null"},        {"first", "\"\""},
      {"first", "2147483648"}, {"a/b", "40000"},
      {"path", "null"},
  };
  for (const auto& [member, value] : bad) {
    const std::string text = with(member, value);
    const auto violations = schema.check_text(text);
    ASSERT_TRUE(violations) << text;
    EXPECT_FALSE(violations->empty()) << text;
    const auto args = decode_arguments<Everything>(text);
    ASSERT_FALSE(args) << text;
    EXPECT_EQ(args.error().code, ToolErrorCode::tool_args_invalid);
    EXPECT_EQ(args.error().at, violations->front().pointer) << text;
  }
}

TEST(ToolArguments, WhatNoSchemaHasSeenIsRefusedToo) {
  EXPECT_EQ(decode_arguments<Range>("[").error().code, ToolErrorCode::tool_args_invalid);
  EXPECT_EQ(decode_arguments<Range>("[]").error().message, "(root): is [], must be an object");
  EXPECT_EQ(decode_arguments<Range>("{}").error().message, "(root): is {}, must be an object with 'first'");
  EXPECT_FALSE(decode_arguments<Everything>(with("weight", "1e39")));  // no float
  EXPECT_FALSE(decode_arguments<Everything>(with("share", "1e999")));
  EXPECT_EQ(decode_arguments<Everything>(with("a/b", "true")).error().at, "/counts/a~1b");
  EXPECT_EQ(decode_arguments<Range>(R"({"first":1,"last":null})"), (Range{1, std::nullopt}));
}

}  // namespace
}  // namespace orchestrator::harness
