// SPDX-License-Identifier: Apache-2.0
// Goal: every recorded answer gives what its meta file says, at any division of its bytes. Method: the recordings of
// `openai-responses`, compared field by field; all of them byte by byte,
// small ones cut once at every byte, large ones at spread and random cuts.
#include <gtest/gtest.h>

#include <memory>

#include "codec/openai_responses/responses_decoder.hpp"
#include "codec/testing/fixtures.hpp"

namespace orchestrator::harness::codec {
namespace {

constexpr std::string_view kGroup = "openai-responses";

std::unique_ptr<StreamDecoder> make_decoder() { return std::make_unique<ResponsesDecoder>(); }

class ResponsesFixture : public ::testing::TestWithParam<std::string> {};

TEST_P(ResponsesFixture, GivesWhatItsMetaFileSays) {
  const testing::Fixture fixture = testing::read_fixture(kGroup, GetParam());
  const auto parts = fixture.is_stream() ? testing::decode_in_pieces(make_decoder, fixture.bytes, {})
                                         : decode_responses_body(fixture.bytes);
  EXPECT_EQ(testing::compare_expected(parts, fixture.expected()), "");
  EXPECT_EQ(testing::check_part_rules(parts), "");
}

TEST_P(ResponsesFixture, GivesTheSameAtAnyDivision) {
  const testing::Fixture fixture = testing::read_fixture(kGroup, GetParam());
  if (!fixture.is_stream()) return;
  const std::size_t single_cuts_max = fixture.bytes.size() < 4'000 ? fixture.bytes.size() : 150;
  EXPECT_EQ(testing::find_split_difference(make_decoder, fixture.bytes, single_cuts_max, 8), "");
}

INSTANTIATE_TEST_SUITE_P(Recorded, ResponsesFixture, ::testing::ValuesIn(testing::fixture_names(kGroup)),
                         [](const auto& test_case) {
                           std::string name = test_case.param;
                           for (char& character : name) {
                             if (character == '-') character = '_';
                           }
                           return name;
                         });
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(ResponsesFixture);

TEST(ResponsesFixtures, ArePresent) {
  if (!testing::fixtures_root()) GTEST_SKIP() << "no recordings: set ORCHESTRATOR_FIXTURES";
  EXPECT_FALSE(testing::fixture_names(kGroup).empty());
}

}  // namespace
}  // namespace orchestrator::harness::codec
