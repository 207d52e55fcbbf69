// SPDX-License-Identifier: Apache-2.0
// Goal: every setting can be set by its command-line name, and a wrong name or value is answered with what is
// allowed, changing nothing. Method: name and text in, whole settings compared.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "orchestrator/harness/model.hpp"

namespace orchestrator::harness {
namespace {

using testing::HasSubstr;

GenerationSettings set(std::initializer_list<std::pair<std::string_view, std::string_view>> pairs) {
  GenerationSettings settings;
  for (const auto& [key, value] : pairs) {
    const auto done = set_by_name(settings, key, value);
    EXPECT_TRUE(done) << key << ": " << (done ? "" : done.error().message);
  }
  return settings;
}

/// The refusal's message; checks that it changed nothing.
std::string refusal(std::string_view key, std::string_view value) {
  GenerationSettings settings;
  const auto done = set_by_name(settings, key, value);
  EXPECT_FALSE(done) << key << "=" << value;
  EXPECT_EQ(settings, GenerationSettings{});
  if (done) {
    return {};
  }
  EXPECT_EQ(done.error().code, "invalid_argument");
  return done.error().message;
}

TEST(SetByName, SetsEverySetting) {
  GenerationSettings wanted;
  wanted.temperature = 0.7;
  wanted.top_p = 1.0;
  wanted.stop = {"END", "\n\n"};
  wanted.seed = -3;
  wanted.max_output_tokens = 1'000;
  wanted.max_input_tokens = 100'000;
  wanted.reasoning = ReasoningSettings{ReasoningEffort::xhigh, 2'048, true};
  wanted.tool_choice = ToolChoice{ToolChoiceMode::named, "read_file"};
  wanted.parallel_tool_calls = false;
  wanted.metadata = {{"team", "red"}, {"ticket", ""}};
  EXPECT_EQ(set({{"temperature", "0.7"},
                 {"top_p", "1"},
                 {"stop", "END"},
                 {"stop", "\n\n"},
                 {"seed", "-3"},
                 {"max_output_tokens", "1000"},
                 {"max_input_tokens", "100000"},
                 {"reasoning", "xhigh"},
                 {"reasoning_budget_tokens", "2048"},
                 {"reasoning_summaries", "true"},
                 {"tool_choice", "read_file"},
                 {"parallel_tool_calls", "false"},
                 {"metadata.team", "blue"},
                 {"metadata.ticket", ""},
                 {"metadata.team", "red"}}),
            wanted);
}

TEST(SetByName, KnowsTheWordsOfToolChoice) {
  EXPECT_EQ(set({{"tool_choice", "auto"}}).tool_choice->mode, ToolChoiceMode::automatic);
  EXPECT_EQ(set({{"tool_choice", "none"}}).tool_choice->mode, ToolChoiceMode::none);
  EXPECT_EQ(set({{"tool_choice", "required"}}).tool_choice->mode, ToolChoiceMode::required);
}

TEST(SetByName, KnowsEveryEffort) {
  std::uint8_t next = 0;
  for (const auto name : {"none", "minimal", "low", "medium", "high", "xhigh", "max"}) {
    EXPECT_EQ(set({{"reasoning", name}}).reasoning->effort, static_cast<ReasoningEffort>(next++)) << name;
  }
}

TEST(SetByName, SuggestsTheNearestName) {
  EXPECT_EQ(refusal("temprature", "1"), "unknown setting 'temprature'; did you mean 'temperature'?");
  EXPECT_THAT(refusal("frequency_penalty", "1"), HasSubstr("known: temperature top_p stop seed"));
  EXPECT_THAT(refusal("", "1"), HasSubstr("unknown setting ''"));
  EXPECT_THAT(refusal("metadata.", "1"), HasSubstr("metadata.KEY=VALUE"));
}

TEST(SetByName, NamesTheRange) {
  for (const auto value : {"", "hot", "2.1", "-0.1", "nan", "inf", "1x", " 1", "1e999"}) {
    EXPECT_THAT(refusal("temperature", value), HasSubstr("a number from 0 to 2")) << value;
  }
  EXPECT_THAT(refusal("top_p", "1.01"), HasSubstr("a number from 0 to 1"));
  EXPECT_THAT(refusal("seed", "9223372036854775808"), HasSubstr("64 bits"));
  EXPECT_THAT(refusal("seed", "1.5"), HasSubstr("whole number"));
  EXPECT_THAT(refusal("max_output_tokens", "0"), HasSubstr("from 1 to 4294967295"));
  EXPECT_THAT(refusal("max_output_tokens", "-1"), HasSubstr("from 1 to 4294967295"));
  EXPECT_THAT(refusal("max_output_tokens", "4294967296"), HasSubstr("from 1 to 4294967295"));
  EXPECT_THAT(refusal("max_input_tokens", "0"), HasSubstr("from 1"));
  EXPECT_THAT(refusal("reasoning", "extreme"), HasSubstr("none, minimal, low, medium, high, xhigh, max"));
  EXPECT_THAT(refusal("reasoning_budget_tokens", "0"), HasSubstr("from 1"));
  EXPECT_THAT(refusal("reasoning_summaries", "yes"), HasSubstr("true, false"));
  EXPECT_THAT(refusal("parallel_tool_calls", "1"), HasSubstr("true, false"));
  EXPECT_THAT(refusal("tool_choice", "two words"), HasSubstr("auto, none, required"));
  EXPECT_THAT(refusal("stop", ""), HasSubstr("1 to 1024 bytes"));
  EXPECT_THAT(refusal("stop", "\xff"), HasSubstr("UTF-8"));
  EXPECT_THAT(refusal("metadata.k", std::string(513, 'x')), HasSubstr("512 bytes"));
}

TEST(SetByName, BoundsListsAndItsOwnMessages) {
  GenerationSettings settings;
  for (int count = 0; count < 16; ++count) {
    ASSERT_TRUE(set_by_name(settings, "stop", "x"));
    ASSERT_TRUE(set_by_name(settings, "metadata.k" + std::to_string(count), "v"));
  }
  EXPECT_FALSE(set_by_name(settings, "stop", "x"));
  EXPECT_FALSE(set_by_name(settings, "metadata.one_more", "v"));
  EXPECT_TRUE(set_by_name(settings, "metadata.k3", "again"));
  EXPECT_LT(refusal("temperature", std::string(10'000, '9')).size(), 200U);
}

}  // namespace
}  // namespace orchestrator::harness
