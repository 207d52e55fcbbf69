// SPDX-License-Identifier: Apache-2.0
// Goal: a run of a thousand turns, and a session of a thousand runs, stay bounded: the tokens of a request, the bytes
// of the journal for each turn, and the state; what is pinned at the first turn is in the last request. Method: the
// real kernel, every step encoded, decoded and folded again.
#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "event/canonical_event.hpp"
#include "kernel/compaction.hpp"
#include "kernel/summary_extract.hpp"
#include "kernel/testing/kernel_scene.hpp"

namespace orchestrator::harness::kernel {
namespace {

constexpr std::uint64_t kTokensMax = 2'000;

events::RunStarted bounded() {
  events::RunStarted spec = example_spec();
  spec.tools = {example_tool(EffectClass::pure)};
  spec.limits.turns = 1'000;
  spec.context.tokens_max = kTokensMax;
  spec.context.when_full = WhenFull::extract;
  spec.context.summary_tokens_max = 200;
  spec.context.pinned = {{"fact", "The key is under the mat."}};
  return spec;
}

std::uint64_t bytes_of(const std::vector<StreamEvent>& journal, std::size_t first, std::size_t last) {
  std::uint64_t bytes = 0;
  for (std::size_t i = first; i < last; ++i) bytes += journal[i].json().size();
  return bytes;
}

const event::effects::CallProvider* call_of(const Decision& decision) {
  for (const event::Effect& effect : decision.effects) {
    if (const auto* call = std::get_if<event::effects::CallProvider>(&effect)) return call;
  }
  return nullptr;
}

TEST(ContextGrowth, AThousandTurnsOfARunStayBounded) {
  Scene scene(bounded());
  std::vector<std::size_t> events_before;  // each turn
  std::uint64_t tokens_most = 0;
  std::size_t compactions = 0;
  for (std::uint32_t turn = 1; turn <= 1'000; ++turn) {
    events_before.push_back(scene.journal().size());
    scene.given(slot(turn));
    const auto* sent = call_of(scene.decision());
    ASSERT_NE(sent, nullptr);
    ASSERT_EQ(text_of(*sent->context.front().item), "The key is under the mat.");
    const auto* assembled = scene.last<events::ContextAssembled>();
    tokens_most = std::max(tokens_most, assembled->tokens_estimate);
    compactions += scene.decision().events.front().get_if<events::ContextTrimmed>() != nullptr ? 1 : 0;
    if (turn == 1'000) break;
    const std::string id = "c" + std::to_string(1'000 + turn);
    scene.given(call_answer(turn, {id})).given(prepared(id)).given(returned(id, std::string(300, 'r')));
  }
  EXPECT_LE(tokens_most, kTokensMax);
  EXPECT_GT(tokens_most, kTokensMax / 2);
  EXPECT_LE(scene.state().facts.context.size(), 100U);
  // Compaction makes room for many turns: the prefix that providers cache breaks seldom.
  EXPECT_GT(compactions, 10U);
  EXPECT_LT(compactions, 200U);
  const auto span = [&](std::size_t from) {
    return bytes_of(scene.journal(), events_before[from], events_before[from + 200]);
  };
  const std::uint64_t early = span(100);
  const std::uint64_t late = span(790);
  EXPECT_LT(late, early + early / 20) << "the journal grows faster the longer the run is";
  EXPECT_TRUE(scene.last<events::ContextTrimmed>()->summary.has_value());
}

TEST(ContextGrowth, AThousandRunsOfASessionStayBounded) {
  std::vector<event::ContextEntry> history;
  std::uint64_t early = 0;
  std::uint64_t late = 0;
  for (std::uint32_t run = 1; run <= 1'000; ++run) {
    events::RunStarted spec = bounded();
    spec.input = {TextPart{"Question " + std::to_string(1'000 + run) + ": " + std::string(200, 'q')}};
    spec.history = {std::nullopt, history.size(), event::context_hash(history)};
    if (!history.empty()) spec.history.base_run_id = example_identity().run_id;
    Scene scene(spec, history);
    scene.given(slot(1));
    const auto* sent = call_of(scene.decision());
    ASSERT_NE(sent, nullptr);
    ASSERT_LE(scene.last<events::ContextAssembled>()->tokens_estimate, kTokensMax);
    ASSERT_EQ(text_of(*sent->context.front().item), "The key is under the mat.");
    if (run > 40) ASSERT_EQ(std::ranges::count_if(sent->context, is_summary), 1);
    scene.given(answer(1, std::string(200, 'a')));
    history = context_after(scene.state());
    ASSERT_TRUE(std::ranges::none_of(history, [](const event::ContextEntry& entry) {
      return entry.source == event::ContextSource::pinned;
    })) << "what is pinned would be there twice";
    const std::uint64_t bytes = bytes_of(scene.journal(), 0, scene.journal().size());
    if (run > 100 && run <= 200) early += bytes;
    if (run > 900) late += bytes;
  }
  EXPECT_LE(history.size(), 100U);
  EXPECT_LT(late, early + early / 20);
}

}  // namespace
}  // namespace orchestrator::harness::kernel
