// SPDX-License-Identifier: Apache-2.0
// Goal: recorded Chat Completions answers of many hosts give what their meta files say, however they are cut.
// Method: every case of the two fixture groups, decoded whole and in pieces; skipped where the recordings are absent.
#include <gtest/gtest.h>

#include "codec/chat_completions/chat_decoder.hpp"
#include "codec/testing/fixtures.hpp"

namespace orchestrator::harness::codec {
namespace {

using testing::Fixture;

std::vector<Fixture> chat_fixtures() {
  std::vector<Fixture> fixtures;
  for (const char* group : {"openai-chat", "openai-compat"}) {
    for (const auto& name : testing::fixture_names(group)) fixtures.push_back(testing::read_fixture(group, name));
  }
  return fixtures;
}

// The meta files say null for every stream without a finish reason. Where `[DONE]` came, the answer has ended all the
// same: its reason is `other`, and its native reason is empty.
boost::json::object expected_of(const Fixture& fixture) {
  boost::json::object expected = fixture.expected();
  const bool ended = fixture.is_stream() && fixture.meta.at("sse").at("done_sentinel").as_bool();
  if (ended && expected.at("finish_reason").is_null()) {
    expected["finish_reason"] = "other";
    expected["native_finish_reason"] = "";
  }
  return expected;
}

std::unique_ptr<StreamDecoder> make_decoder() { return std::make_unique<ChatDecoder>(); }

TEST(ChatFixtures, GiveWhatTheirMetaFilesSay) {
  const auto fixtures = chat_fixtures();
  if (fixtures.empty()) GTEST_SKIP() << "no recordings";
  for (const auto& fixture : fixtures) {
    const auto parts = fixture.is_stream() ? testing::decode_in_pieces(make_decoder, fixture.bytes, {})
                                           : decode_chat_body(fixture.bytes);
    EXPECT_EQ(testing::compare_expected(parts, expected_of(fixture)), "") << fixture.group << '/' << fixture.name;
    EXPECT_EQ(testing::check_part_rules(parts), "") << fixture.group << '/' << fixture.name;
  }
}

TEST(ChatFixtures, GiveTheSameHoweverTheyAreCut) {
  const auto fixtures = chat_fixtures();
  if (fixtures.empty()) GTEST_SKIP() << "no recordings";
  for (const auto& fixture : fixtures) {
    if (!fixture.is_stream()) continue;
    const std::size_t single_cuts = fixture.bytes.size() > 50'000 ? 8 : 100;
    EXPECT_EQ(testing::find_split_difference(make_decoder, fixture.bytes, single_cuts, 8), "")
        << fixture.group << '/' << fixture.name;
  }
}

// Chunks that repeat the one before take a short cut past the parser; blanks that differ keep them off it.
TEST(ChatFixtures, GiveTheSameWithoutTheShortCut) {
  const auto fixtures = chat_fixtures();
  if (fixtures.empty()) GTEST_SKIP() << "no recordings";
  for (const auto& fixture : fixtures) {
    if (!fixture.is_stream()) continue;
    std::string parsed;
    std::size_t events = 0;
    for (std::size_t at = 0; at < fixture.bytes.size();) {
      const auto next = fixture.bytes.find("data: {", at);
      if (next == std::string::npos) {
        parsed += fixture.bytes.substr(at);
        break;
      }
      parsed.append(fixture.bytes, at, next - at).append("data: {").append(1 + events++ % 2, ' ');
      at = next + 7;
    }
    EXPECT_EQ(testing::decode_in_pieces(make_decoder, parsed, {}),
              testing::decode_in_pieces(make_decoder, fixture.bytes, {}))
        << fixture.group << '/' << fixture.name;
  }
}

// A stream that breaks off anywhere is a failed answer or a complete one, and never breaks a rule.
TEST(ChatFixtures, KeepTheRulesWhereverTheyBreakOff) {
  const auto fixtures = chat_fixtures();
  if (fixtures.empty()) GTEST_SKIP() << "no recordings";
  for (const auto& fixture : fixtures) {
    if (!fixture.is_stream()) continue;
    const std::size_t step = fixture.bytes.size() / 40 + 1;
    for (std::size_t length = 0; length < fixture.bytes.size(); length += step) {
      const auto parts = testing::decode_in_pieces(make_decoder, std::string_view(fixture.bytes).substr(0, length), {});
      EXPECT_EQ(testing::check_part_rules(parts), "") << fixture.group << '/' << fixture.name << " cut at " << length;
    }
  }
}

}  // namespace
}  // namespace orchestrator::harness::codec
