// SPDX-License-Identifier: Apache-2.0
// Goal: a context that passes a bound loses whole groups, oldest first, and as many as make room for a while; what is
// pinned, asked or hinted stays; a summary in extracts takes the place of what went. Method: contexts built by hand.
#include "kernel/compaction.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "kernel/history_trim.hpp"
#include "kernel/summary_extract.hpp"
#include "kernel/testing/kernel_scene.hpp"

namespace orchestrator::harness::kernel {
namespace {

using event::ContextEntry;
using event::ContextSource;
using event::make_context_entry;

ContextEntry asked(const std::string& text, ContextSource source = ContextSource::input) {
  ContextEntry entry = make_context_entry(user_text(text), ContextSource::input);
  entry.source = source;
  return entry;
}
ContextEntry said(const std::string& text, ContextSource source = ContextSource::output) {
  MessageItem message;
  message.role = Role::assistant;
  message.parts = {TextPart{text}};
  return make_context_entry({std::move(message), "scripted"}, source);
}
ContextEntry call(const std::string& id) {
  return make_context_entry({ToolCallItem{id, "read", "{\"path\":\"" + id + "\"}"}, "scripted"}, ContextSource::output);
}
ContextEntry result(const std::string& id, const std::string& text, bool is_error = false) {
  ToolResultItem item;
  item.call_id = id;
  item.parts = {TextPart{text}};
  item.is_error = is_error;
  return make_context_entry({std::move(item), {}}, ContextSource::tool_result);
}

std::vector<ContextEntry> turns(std::size_t count) {
  std::vector<ContextEntry> context{asked("Do it.")};
  for (std::size_t i = 1; i <= count; ++i) {
    const std::string id = "c" + std::to_string(i);
    context.push_back(call(id));
    context.push_back(result(id, std::string(400, 'r')));
  }
  return context;
}

std::vector<Hash> hashes(const std::vector<ContextEntry>& context, std::size_t first, std::size_t count) {
  std::vector<Hash> list;
  for (std::size_t i = first; i < first + count; ++i) list.push_back(context[i].hash);
  return list;
}

events::RunStarted with(ContextPolicy policy) {
  events::RunStarted spec;
  spec.context = std::move(policy);
  return spec;
}

TEST(Compaction, NothingGoesWhileItFits) {
  const auto context = turns(3);
  EXPECT_FALSE(compact_tokens(context, with({})));
  EXPECT_FALSE(compact_tokens(context, with({.tokens_max = total_tokens(context)})));
  EXPECT_FALSE(compact_turns(context, with({.window_turns = 3})));
}

TEST(Compaction, TheOldestStepsGoWholeAndMakeRoomForMore) {
  const auto context = turns(10);
  const std::uint64_t bound = total_tokens(context) - 1;
  const auto trimmed = compact_tokens(context, with({.tokens_max = bound, .fill_percent = 60}));
  ASSERT_TRUE(trimmed);
  EXPECT_EQ(trimmed->policy, "context_tokens");
  EXPECT_EQ(trimmed->tokens_before, bound + 1);
  EXPECT_LE(trimmed->tokens_after, bound * 60 / 100);
  EXPECT_GT(trimmed->tokens_after, bound * 40 / 100);
  EXPECT_EQ(trimmed->own_items, trimmed->dropped.size());
  EXPECT_EQ(trimmed->dropped, hashes(context, 1, trimmed->dropped.size()));
  EXPECT_EQ(trimmed->dropped.size() % 2, 0U) << "a call without its result";
  EXPECT_FALSE(trimmed->summary);
}

TEST(Compaction, TheNewestStepsStayThoughTheyDoNotFit) {
  const auto context = turns(4);
  for (const std::uint32_t recent : {1U, 3U}) {
    const auto trimmed = compact_tokens(context, with({.tokens_max = 1, .recent_turns = recent}));
    ASSERT_TRUE(trimmed);
    EXPECT_EQ(trimmed->dropped, hashes(context, 1, 2 * (4 - recent)));
  }
  EXPECT_FALSE(compact_tokens(context, with({.tokens_max = 1, .recent_turns = 4})));
}

TEST(Compaction, HistoryGoesBeforeTheRunsOwnSteps) {
  std::vector<ContextEntry> context{asked("pin", ContextSource::pinned), asked("Old?", ContextSource::history),
                                    said("Yes.", ContextSource::history), asked("Newer?", ContextSource::history),
                                    said("No.", ContextSource::history)};
  const auto own = turns(3);
  context.insert(context.end(), own.begin(), own.end());
  const std::uint64_t all = total_tokens(context);
  const auto first = compact_tokens(context, with({.tokens_max = all - 1, .fill_percent = 100}));
  ASSERT_TRUE(first);
  EXPECT_EQ(first->dropped, hashes(context, 1, 2)) << "the oldest exchange alone";
  EXPECT_EQ(first->own_items, 0U);
  const auto rest = compact_tokens(context, with({.tokens_max = 1, .recent_turns = 2}));
  ASSERT_TRUE(rest);
  auto expected = hashes(context, 1, 4);
  const auto step = hashes(context, 6, 2);
  expected.insert(expected.end(), step.begin(), step.end());
  EXPECT_EQ(rest->dropped, expected);
  EXPECT_EQ(rest->own_items, 2U);
  EXPECT_EQ(tokens_that_stay(context, with({.recent_turns = 2})), all - (all - rest->tokens_after));
}

TEST(Compaction, HintsStayWhereTheyAre) {
  auto context = turns(1);
  context.push_back(asked("Be quick.", ContextSource::hint));
  const auto more = turns(3);
  context.insert(context.end(), more.begin() + 1, more.end());
  const auto trimmed = compact_tokens(context, with({.tokens_max = 1, .recent_turns = 1}));
  ASSERT_TRUE(trimmed);
  EXPECT_EQ(std::ranges::count(trimmed->dropped, context[3].hash), 0);
  EXPECT_EQ(trimmed->dropped.size(), 6U);
}

TEST(Compaction, TheWindowHoldsTheNewestSteps) {
  const auto context = turns(11);
  const auto trimmed = compact_turns(context, with({.window_turns = 10, .fill_percent = 50}));
  ASSERT_TRUE(trimmed);
  EXPECT_EQ(trimmed->policy, "window_turns");
  EXPECT_EQ(trimmed->dropped, hashes(context, 1, 12));
}

TEST(Compaction, HistoryAloneGoesForARunOfBefore) {
  events::RunStarted spec = with({.fill_percent = 100, .recent_turns = 4'294'967'295});
  auto context = turns(4);
  spec.settings.max_input_tokens = 1;
  EXPECT_FALSE(compact_tokens(context, spec));
  context.insert(context.begin(), {asked("Old?", ContextSource::history), said("Yes.", ContextSource::history)});
  const auto trimmed = compact_tokens(context, spec);
  ASSERT_TRUE(trimmed);
  EXPECT_EQ(trimmed->policy, "max_input_tokens");
  EXPECT_EQ(trimmed->dropped, hashes(context, 0, 2));
}

TEST(Compaction, TheSmallerOfTwoBoundsHolds) {
  const auto context = turns(10);
  events::RunStarted spec = with({.tokens_max = 100'000});
  spec.settings.max_input_tokens = 400;
  const auto trimmed = compact_tokens(context, spec);
  ASSERT_TRUE(trimmed);
  EXPECT_EQ(trimmed->policy, "max_input_tokens");
  EXPECT_EQ(context_tokens_max(spec), 400U);
}

TEST(Compaction, ALargeSummaryOfBeforeDoesNotStandForRoom) {
  std::vector<ContextEntry> gone;
  for (int i = 0; i < 200; ++i) gone.push_back(asked("Question " + std::to_string(i) + " of many."));
  std::vector<ContextEntry> context{asked(summary_in_extracts(gone, 1'000), ContextSource::history)};
  context.push_back(asked("Old? " + std::string(400, 'o'), ContextSource::history));
  context.push_back(said("Yes.", ContextSource::history));
  context.push_back(asked("New?"));
  ASSERT_TRUE(is_summary(context.front()));
  const auto trimmed = compact_tokens(context, with({.tokens_max = 600, .when_full = WhenFull::extract}));
  ASSERT_TRUE(trimmed);
  EXPECT_EQ(trimmed->dropped, hashes(context, 0, 3));
  EXPECT_LE(trimmed->tokens_after, 360U);
}

TEST(Compaction, TheWindowLeavesTheNewestTurns) {
  const auto context = turns(4);
  const auto trimmed = compact_turns(context, with({.window_turns = 3, .fill_percent = 10, .recent_turns = 2}));
  ASSERT_TRUE(trimmed);
  EXPECT_EQ(trimmed->dropped, hashes(context, 1, 4));
}

TEST(Compaction, ASummaryStandsForWhatWent) {
  auto context = turns(6);
  context.insert(context.begin(), {asked("Who made it? Tell me all.", ContextSource::history),
                                   said("Ada did. She was first.", ContextSource::history)});
  context[4] = result("c1", "secret words of a tool", true);
  const auto trimmed = compact_tokens(context, with({.tokens_max = 600, .when_full = WhenFull::extract}));
  ASSERT_TRUE(trimmed);
  ASSERT_TRUE(trimmed->summary);
  EXPECT_TRUE(
      trimmed->summary->starts_with("Earlier in this conversation, in extracts:\n"
                                    "- user: Who made it?\n"
                                    "- assistant: Ada did.\n"
                                    "- called read {\"path\":\"c1\"}\n"
                                    "- which failed\n"
                                    "- called read {\"path\":\"c2\"}"))
      << *trimmed->summary;
  EXPECT_EQ(trimmed->summary->find("secret"), std::string::npos) << "what a tool returned speaks for the user";
  EXPECT_LE(trimmed->tokens_after, trimmed->tokens_before);
}

TEST(Compaction, WhatIsShorterThanItsSummaryGoesWithoutOne) {
  std::vector<ContextEntry> context{asked("a", ContextSource::history), said("b", ContextSource::history), asked("c")};
  const auto trimmed = compact_tokens(context, with({.tokens_max = 8, .when_full = WhenFull::extract}));
  ASSERT_TRUE(trimmed);
  EXPECT_FALSE(trimmed->summary);
  EXPECT_EQ(trimmed->tokens_after, context.back().tokens);
}

TEST(SummaryExtract, TakesInAnEarlierOneAndCountsWhatNoLongerFits) {
  std::vector<ContextEntry> gone;
  for (int i = 0; i < 40; ++i) gone.push_back(asked("Question " + std::to_string(i) + " of many. More."));
  const std::string first = summary_in_extracts(gone, 100);
  EXPECT_LE(event::estimate_tokens(user_text(first)), 100U);
  EXPECT_TRUE(first.ends_with("- user: Question 39 of many."));
  const auto lines = static_cast<int>(std::ranges::count(first, '\n')) - 1;
  EXPECT_NE(first.find("- earlier lines left out: " + std::to_string(40 - lines)), std::string::npos) << first;
  const ContextEntry earlier = make_context_entry(user_text(first), ContextSource::summary);
  ASSERT_TRUE(is_summary(earlier));
  const std::string second = summary_in_extracts(std::vector<ContextEntry>{earlier, asked("And now?")}, 100);
  EXPECT_TRUE(second.ends_with("- user: Question 39 of many.\n- user: And now?")) << second;
  EXPECT_EQ(second.find("in extracts", 40), std::string::npos);
}

TEST(SummaryExtract, CutsBetweenCharacters) {
  std::string text;
  for (int i = 0; i < 300; ++i) text += "ü";
  const std::string summary = summary_in_extracts(std::vector<ContextEntry>{asked("x" + text)}, 200);
  EXPECT_TRUE(summary.ends_with("ü…")) << summary;
}

TEST(SummaryExtract, IsKnownByItsFirstLine) {
  EXPECT_FALSE(is_summary(asked("Earlier in this conversation, in extracts: no line")));
  EXPECT_FALSE(is_summary(said("Earlier in this conversation, in extracts:\n- user: x")));
}

}  // namespace
}  // namespace orchestrator::harness::kernel
