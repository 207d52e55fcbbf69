// SPDX-License-Identifier: Apache-2.0
// Goal: what a tool gives reaches the model valid, without control sequences and no longer than it may be, and nothing
// of it is lost.
#include "runtime/tool_output.hpp"

#include <gtest/gtest.h>

#include <string>

namespace orchestrator::harness::runtime {
namespace {

std::string text_of_first(const event::inputs::ToolReturned& returned) {
  const auto* text = returned.result.empty() ? nullptr : std::get_if<TextPart>(&returned.result.front());
  return text == nullptr ? "(no text)" : text->text;
}

TEST(ToolOutput, AShortCleanResultStaysAsItIs) {
  const auto returned = make_returned(ToolResult::text("42"), {}, 100);
  EXPECT_EQ(text_of_first(returned), "42");
  EXPECT_EQ(returned.outcome, ToolOutcome::ok);
  EXPECT_FALSE(returned.full_output);
  EXPECT_FALSE(returned.error);
}

TEST(ToolOutput, JsonStaysJsonWhereItFits) {
  const auto returned = make_returned(ToolResult::json({R"({"a":1})"}), {}, 100);
  ASSERT_EQ(returned.result.size(), 1U);
  EXPECT_TRUE(std::holds_alternative<JsonPart>(returned.result.front()));
}

TEST(ToolOutput, JsonThatIsNoneFailsTheCall) {
  const auto returned = make_returned(ToolResult::json({"{"}), {}, 100);
  ASSERT_TRUE(returned.error);
  EXPECT_EQ(returned.error->code, "tool_failed");
  EXPECT_EQ(returned.outcome, ToolOutcome::error);
}

TEST(ToolOutput, AnErrorIsWhatTheModelReadsFirst) {
  ToolResult result = ToolResult::failure(ToolErrorCode::edit_no_match, "not there");
  result.parts.emplace_back(TextPart{"the file has 3 lines"});
  const auto returned = make_returned(std::move(result), {}, 100);
  ASSERT_EQ(returned.result.size(), 2U);
  EXPECT_EQ(text_of_first(returned), "edit_no_match: not there");
}

TEST(ToolOutput, AnOutcomeThatIsNotOkHasAnError) {
  ToolResult result;
  result.outcome = ToolOutcome::cancelled;
  EXPECT_EQ(make_returned(result, {}, 100).error->code, "tool_cancelled");
  result.outcome = ToolOutcome::unknown;
  EXPECT_EQ(make_returned(result, {}, 100).error->code, "tool_outcome_unknown");
}

TEST(ToolOutput, HeadAndTailAreShownAndAllIsKept) {
  const std::string all = std::string(500, 'a') + std::string(500, 'z');
  const auto returned = make_returned(ToolResult::text(all), {}, 100);
  const std::string shown = text_of_first(returned);
  EXPECT_TRUE(shown.starts_with(std::string(50, 'a') + "\n[output_truncated: 900 of 1000 bytes"));
  EXPECT_TRUE(shown.ends_with(std::string(50, 'z')));
  ASSERT_TRUE(returned.full_output);
  EXPECT_EQ(returned.full_output->view(), all);
}

TEST(ToolOutput, NoCharacterIsCutInTwo) {
  std::string text;
  for (int i = 0; i < 100; ++i) text += "\u20ac";
  for (std::uint64_t bytes_max = 1; bytes_max < 40; ++bytes_max) {
    const std::string shown = shortened(text, text.size(), bytes_max);
    EXPECT_EQ(shown.find("\xEF\xBF\xBD"), std::string::npos);
    const std::size_t head = shown.find('\n');
    EXPECT_EQ(head % 3, 0U) << bytes_max;
    EXPECT_LE(head, bytes_max);
  }
}

TEST(ToolOutput, WhatWasWrittenGoesBeforeWhatWasReturned) {
  OutputCollector collector;
  collector.write("step 1\n");
  collector.write("step 2\n");
  const auto returned = make_returned(ToolResult::text("done"), collector.take(), 100);
  EXPECT_EQ(text_of_first(returned), "step 1\nstep 2\ndone");
}

TEST(ToolOutput, MoreThanIsKeptIsCounted) {
  OutputCollector collector;
  const std::string piece(1 << 20, 'x');
  for (int i = 0; i < 20; ++i) collector.write(piece);
  const auto collected = collector.take();
  EXPECT_EQ(collected.text.size(), kKeptOutputBytes);
  EXPECT_EQ(collected.bytes, 20U << 20);
  const auto returned = make_returned(ToolResult{}, {collected.text, collected.bytes}, 100);
  EXPECT_NE(text_of_first(returned).find("of 20971520 bytes"), std::string::npos);
}

// O2: the model and the terminal see none of it; the journal's blob has it as it was.
TEST(ToolOutput, ControlSequencesAreKeptBesideNotShown) {
  for (const char* hostile : {"\x1b]52;c;aGk=\x07", "\x1b[2J",
                              "\xc2\x9b"
                              "31m",
                              "\x1bP1$r\x1b\\", "\x1b]8;;http://x\x1b\\"}) {
    const std::string text = std::string("a") + hostile + "b";
    const auto returned = make_returned(ToolResult::text(text), {}, 1'000);
    EXPECT_EQ(text_of_first(returned), "ab");
    ASSERT_TRUE(returned.full_output);
    EXPECT_EQ(returned.full_output->view(), text);
  }
}

TEST(ToolOutput, FilesStayBesideTheText) {
  ToolResult result = ToolResult::file(SharedBytes("png"), "image/png", "a.png");
  result.parts.emplace_back(TextPart{std::string(300, 'x')});
  const auto returned = make_returned(std::move(result), {}, 100);
  ASSERT_EQ(returned.result.size(), 2U);
  EXPECT_TRUE(std::holds_alternative<ImagePart>(returned.result.back()));
}

}  // namespace
}  // namespace orchestrator::harness::runtime
