// SPDX-License-Identifier: Apache-2.0
// Goal: of every request it can be told what it held, what had gone before and why, and what two requests differ in.
// Method: a run of several tool turns with a small bound, in a session with history, read back from its store.
#include "orchestrator/harness/context_manifest.hpp"

#include <gtest/gtest.h>

#include <array>

#include "orchestrator/harness/make_tool.hpp"
#include "runtime/testing/run_awaitable.hpp"
#include "scripted_harness.hpp"

namespace orchestrator::harness::integration {
namespace {

using runtime::testing::run_awaitable;

constexpr const char* kScript = R"({"turns":[{"text":"Hello. I am here."},
  {"tool_calls":[{"id":"c1","name":"look","arguments":{"at":1}}]},
  {"tool_calls":[{"id":"c2","name":"look","arguments":{"at":2}}]},
  {"tool_calls":[{"id":"c3","name":"look","arguments":{"at":3}}]}]})";

struct Place {
  std::int32_t at = 0;
};
BOOST_DESCRIBE_STRUCT(Place, (), (at))

class ContextManifestTest : public testing::Test {
 protected:
  void SetUp() override {
    const auto look = make_tool<Place>("look", "Looks.", [](const Place&) { return std::string(300, 'v'); });
    Harness harness = scripted_builder(kScript).store(store_).tool(look).build().value();
    Session session = harness.session();
    session.run("Hi there.").start().value().wait().value();
    ContextPolicy policy;
    policy.tokens_max = 220;
    policy.recent_turns = 1;
    policy.when_full = WhenFull::extract;
    policy.summary_tokens_max = 60;
    Budgets budgets;
    budgets.turns = 4;
    auto run = session.run("Look often.").context(policy).budgets(budgets).pin("rule", "Be brief.").start().value();
    run_id_ = run.id();
    assembled_ = of_type<StreamEvent::ContextAssembled>(all_events(run));
    ASSERT_EQ(assembled_.size(), 4U);
  }
  Result<ContextManifest> manifest(std::uint32_t turn) {
    boost::asio::io_context io;
    return run_awaitable(io, context_manifest(store_, run_id_, turn));
  }
  static std::vector<std::string> lines(const std::vector<ContextItem>& items) {
    constexpr std::array kVerdicts{"kept", "trimmed", "summarised", "pinned"};
    std::vector<std::string> lines;
    for (const ContextItem& item : items) {
      lines.push_back(std::string(kVerdicts.at(static_cast<std::size_t>(item.verdict))) + " " + item.source + " " +
                      item.reason + ": " + item.preview.substr(0, 20));
    }
    return lines;
  }

  std::shared_ptr<JournalStore> store_ = open_store("memory:").value();
  RunId run_id_;
  std::vector<StreamEvent::ContextAssembled> assembled_;
};

TEST_F(ContextManifestTest, TellsWhatTheFirstRequestHeld) {
  const ContextManifest first = manifest(1).value();
  EXPECT_EQ(lines(first.items),
            (std::vector<std::string>{"pinned pinned rule: Be brief.", "kept history : Hi there.",
                                      "kept history : Hello. I am here.", "kept input : Look often."}));
  EXPECT_TRUE(first.gone.empty());
  EXPECT_EQ(first.tokens_budget, 220U);
}

TEST_F(ContextManifestTest, AgreesWithEveryEventOfTheJournal) {
  for (const StreamEvent::ContextAssembled& event : assembled_) {
    const ContextManifest told = manifest(event.turn).value();
    EXPECT_EQ(told.context_hash, event.context_hash) << event.turn;
    EXPECT_EQ(told.items.size(), event.items) << event.turn;
    EXPECT_EQ(told.tokens_estimate, event.tokens_estimate) << event.turn;
    std::uint64_t tokens = 0;
    for (const ContextItem& item : told.items) tokens += item.tokens;
    EXPECT_EQ(tokens, event.tokens_estimate) << event.turn;
  }
  EXPECT_EQ(manifest(0).value(), manifest(4).value());
}

TEST_F(ContextManifestTest, TellsWhatHasGoneAndWhy) {
  const ContextManifest last = manifest(4).value();
  ASSERT_FALSE(last.gone.empty());
  for (const std::string& line : lines(last.gone)) {
    EXPECT_TRUE(line.starts_with("summarised ")) << line;
    EXPECT_NE(line.find("context_tokens"), std::string::npos) << line;
  }
  EXPECT_EQ(lines(last.gone)[0], "summarised history context_tokens: Hi there.");
  EXPECT_GT(last.gone[0].turn, 1U);
  ASSERT_GE(last.items.size(), 3U);
  EXPECT_EQ(lines(last.items)[0], "pinned pinned rule: Be brief.");
  EXPECT_EQ(lines(last.items)[1], "kept summary : Earlier in this conv");
  EXPECT_EQ(lines(last.items)[2], "kept input : Look often.");
}

TEST_F(ContextManifestTest, TellsWhatTwoRequestsDifferIn) {
  const ContextManifest first = manifest(1).value();
  const ContextManifest second = manifest(2).value();
  const ContextDifference same = difference(first, first);
  EXPECT_TRUE(same.added.empty() && same.removed.empty());
  const ContextDifference grown = difference(first, second);
  EXPECT_TRUE(grown.removed.empty());
  EXPECT_EQ(grown.added.size(), 2U) << "a call and its result";
  const ContextDifference back = difference(second, first);
  EXPECT_EQ(back.removed, grown.added);
}

TEST_F(ContextManifestTest, RefusesATurnThatMadeNoRequest) {
  const auto refused = manifest(5);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, "invalid_argument");
  EXPECT_NE(refused.error().message.find("expected 1 to 4"), std::string::npos);
}

}  // namespace
}  // namespace orchestrator::harness::integration
