// SPDX-License-Identifier: Apache-2.0
// Goal: every recorded Messages answer gives what its meta file says, at any division of its bytes. Method: the
// recordings of `anthropic-messages`; skipped where they are absent.
#include <gtest/gtest.h>

#include <memory>

#include "codec/anthropic_messages/messages_decoder.hpp"
#include "codec/testing/fixtures.hpp"

namespace orchestrator::harness::codec {
namespace {

constexpr std::string_view kGroup = "anthropic-messages";
// A gateway began its answer anew after parts of the first were given out, which nothing can take back yet.
constexpr std::string_view kSpliced = "spliced-message-start";

std::unique_ptr<StreamDecoder> make_decoder() { return std::make_unique<MessagesDecoder>(); }

class MessagesFixture : public ::testing::TestWithParam<std::string> {};

TEST_P(MessagesFixture, GivesWhatItsMetaFileSays) {
  const testing::Fixture fixture = testing::read_fixture(kGroup, GetParam());
  const auto parts = fixture.is_stream() ? testing::decode_in_pieces(make_decoder, fixture.bytes, {})
                                         : decode_messages_body(fixture.bytes);
  EXPECT_EQ(testing::check_part_rules(parts), "");
  if (GetParam() == kSpliced) {
    EXPECT_TRUE(std::holds_alternative<event::AnswerFailed>(parts.back()));
  } else {
    EXPECT_EQ(testing::compare_expected(parts, fixture.expected()), "");
  }
}

TEST_P(MessagesFixture, GivesTheSameAtAnyDivision) {
  const testing::Fixture fixture = testing::read_fixture(kGroup, GetParam());
  if (!fixture.is_stream()) return;
  const std::size_t single_cuts_max = fixture.bytes.size() < 4'000 ? fixture.bytes.size() : 80;
  EXPECT_EQ(testing::find_split_difference(make_decoder, fixture.bytes, single_cuts_max, 4), "");
}

// A stream that breaks off anywhere is a failed answer or a complete one, and never breaks a rule.
TEST_P(MessagesFixture, KeepsTheRulesWhereverItBreaksOff) {
  const testing::Fixture fixture = testing::read_fixture(kGroup, GetParam());
  const std::size_t step = fixture.bytes.size() / 20 + 1;
  for (std::size_t length = 0; length < fixture.bytes.size(); length += step) {
    const auto parts = testing::decode_in_pieces(make_decoder, std::string_view(fixture.bytes).substr(0, length), {});
    EXPECT_EQ(testing::check_part_rules(parts), "") << "cut at " << length;
  }
}

INSTANTIATE_TEST_SUITE_P(Recorded, MessagesFixture, ::testing::ValuesIn(testing::fixture_names(kGroup)),
                         [](const auto& test_case) {
                           std::string name = test_case.param;
                           for (char& character : name) {
                             if (character == '-') character = '_';
                           }
                           return name;
                         });
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(MessagesFixture);

TEST(MessagesFixtures, ArePresent) {
  if (!testing::fixtures_root()) GTEST_SKIP() << "no recordings: set ORCHESTRATOR_FIXTURES";
  EXPECT_FALSE(testing::fixture_names(kGroup).empty());
}

}  // namespace
}  // namespace orchestrator::harness::codec
