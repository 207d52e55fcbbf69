// SPDX-License-Identifier: Apache-2.0
// Goal: every recorded Gemini answer gives what its meta file says, at any division of its bytes. Method: the
// recordings of `google-gemini`; skipped where they are absent. Arguments are compared as values: the wire has an
// object, not text.
#include <gtest/gtest.h>

#include <map>
#include <memory>

#include "codec/google_gemini/gemini_decoder.hpp"
#include "codec/testing/fixtures.hpp"

namespace orchestrator::harness::codec {
namespace {

namespace json = boost::json;

constexpr std::string_view kGroup = "google-gemini";

std::unique_ptr<StreamDecoder> make_decoder() { return std::make_unique<GeminiDecoder>(); }

// JSON with sorted members.
std::string sorted(const json::value& value) {
  if (const auto* list = value.if_array()) {
    std::string out = "[";
    for (const json::value& element : *list) out += (out.size() > 1 ? "," : "") + sorted(element);
    return out + "]";
  }
  const auto* object = value.if_object();
  if (object == nullptr) return json::serialize(value);
  std::map<std::string, std::string> members;
  for (const auto& member : *object) members[std::string(member.key())] = sorted(member.value());
  std::string out = "{";
  for (const auto& [name, text] : members) out += (out.size() > 1 ? ",\"" : "\"") + name + "\":" + text;
  return out + "}";
}
std::string sorted_text(std::string_view text) { return sorted(json::parse({text.data(), text.size()})); }

json::object expected_of(const testing::Fixture& fixture) {
  json::object expected = fixture.expected();
  for (json::value& call : expected.at("tool_calls").as_array()) {
    json::value& arguments = call.as_object().at("arguments");
    arguments = sorted_text(std::string_view(arguments.as_string()));
  }
  return expected;
}

std::vector<event::ProviderPart> with_sorted_arguments(std::vector<event::ProviderPart> parts) {
  for (auto& part : parts) {
    auto* done = std::get_if<event::ItemDone>(&part);
    auto* call = done == nullptr ? nullptr : std::get_if<ToolCallItem>(&done->item.value);
    if (call != nullptr) call->arguments = sorted_text(call->arguments);
  }
  return parts;
}

class GeminiFixture : public ::testing::TestWithParam<std::string> {};

TEST_P(GeminiFixture, GivesWhatItsMetaFileSays) {
  const testing::Fixture fixture = testing::read_fixture(kGroup, GetParam());
  const auto parts = fixture.is_stream() ? testing::decode_in_pieces(make_decoder, fixture.bytes, {})
                                         : decode_gemini_body(fixture.bytes);
  EXPECT_EQ(testing::check_part_rules(parts), "");
  EXPECT_EQ(testing::compare_expected(with_sorted_arguments(parts), expected_of(fixture)), "");
}

TEST_P(GeminiFixture, GivesTheSameAtAnyDivision) {
  const testing::Fixture fixture = testing::read_fixture(kGroup, GetParam());
  if (!fixture.is_stream()) return;
  const std::size_t single_cuts_max = fixture.bytes.size() < 4'000 ? fixture.bytes.size() : 60;
  EXPECT_EQ(testing::find_split_difference(make_decoder, fixture.bytes, single_cuts_max, 4), "");
}

// A stream that breaks off anywhere is a failed answer or a complete one, and never breaks a rule.
TEST_P(GeminiFixture, KeepsTheRulesWhereverItBreaksOff) {
  const testing::Fixture fixture = testing::read_fixture(kGroup, GetParam());
  const std::size_t step = fixture.bytes.size() / 20 + 1;
  for (std::size_t length = 0; length < fixture.bytes.size(); length += step) {
    const auto parts = testing::decode_in_pieces(make_decoder, std::string_view(fixture.bytes).substr(0, length), {});
    EXPECT_EQ(testing::check_part_rules(parts), "") << "cut at " << length;
  }
}

INSTANTIATE_TEST_SUITE_P(Recorded, GeminiFixture, ::testing::ValuesIn(testing::fixture_names(kGroup)),
                         [](const auto& test_case) {
                           std::string name = test_case.param;
                           for (char& character : name) {
                             if (character == '-') character = '_';
                           }
                           return name;
                         });
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(GeminiFixture);

TEST(GeminiFixtures, ArePresent) {
  if (!testing::fixtures_root()) GTEST_SKIP() << "no recordings: set ORCHESTRATOR_FIXTURES";
  EXPECT_FALSE(testing::fixture_names(kGroup).empty());
}

}  // namespace
}  // namespace orchestrator::harness::codec
