// SPDX-License-Identifier: Apache-2.0
// Goal: the tools of memory keep, find and forget what is their user's and nobody else's, and a call that is made again
// keeps nothing twice. Method: the tools as a run calls them, on a store in memory.
#include "orchestrator/harness/memory_tools.hpp"

#include <gtest/gtest.h>

#include <boost/json.hpp>

#include <algorithm>

#include "runtime/testing/run_awaitable.hpp"

namespace orchestrator::harness::memory {
namespace {

class MemoryTools : public testing::Test {
 protected:
  ToolResult call(const std::string& tool, const std::string& arguments, const std::string& key = "k1",
                  const std::string& user = "ada", std::shared_ptr<MemoryStore> store = nullptr,
                  std::uint64_t session = 3) {
    const auto tools = memory_tools({store != nullptr ? store : store_, user});
    const auto found = std::ranges::find_if(tools, [&](const auto& each) { return each->spec().name == tool; });
    ToolContext context;
    context.run_id = RunId::make(1'700'000'000'000, 1, 2);
    context.session_id = SessionId::make(1'700'000'000'000, session, 4);
    context.call_id = "c1";
    context.idempotency_key = key;
    context.deadline = std::chrono::steady_clock::now() + std::chrono::minutes(1);
    ToolCall made{"c1", tool, RawJson{arguments}};
    boost::asio::io_context io;
    return runtime::testing::run_awaitable(io, (*found)->execute(std::move(made), ToolPreparation{}, context));
  }
  static std::string text(const ToolResult& result) {
    return text_of(ConversationItem{MessageItem{Role::user, result.parts, {}}, {}});
  }
  boost::json::array recalled(const std::string& query, const std::string& user = "ada") {
    const ToolResult result = call("recall", R"({"query":")" + query + R"("})", "k9", user);
    EXPECT_EQ(result.outcome, ToolOutcome::ok) << text(result);
    return boost::json::parse(text(result)).at("memories").as_array();
  }

  std::shared_ptr<MemoryStore> store_ = open_memory_store("memory:").value();
};

TEST_F(MemoryTools, WhatIsRememberedIsRecalledByItsUserAlone) {
  EXPECT_EQ(call("remember", R"({"text":"The key is under the mat."})").outcome, ToolOutcome::ok);
  const auto found = recalled("where are the keys");
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].at("text").as_string(), "The key is under the mat.");
  EXPECT_EQ(found[0].at("lane").as_string(), "semantic");
  EXPECT_TRUE(found[0].at("id").as_string().starts_with("mem_"));
  EXPECT_TRUE(recalled("keys", "bob").empty());
}

TEST_F(MemoryTools, ACallThatIsMadeAgainKeepsNothingTwice) {
  const std::string first = text(call("remember", R"({"text":"Once."})", "same key"));
  const ToolResult again = call("remember", R"({"text":"Once."})", "same key");
  EXPECT_EQ(again.outcome, ToolOutcome::ok) << text(again);
  EXPECT_EQ(text(again), first);
  EXPECT_EQ(recalled("once").size(), 1U);
  call("remember", R"({"text":"Once."})", "another key");
  EXPECT_EQ(recalled("once").size(), 2U);
}

TEST_F(MemoryTools, WhatIsForgottenIsGone) {
  call("remember", R"({"text":"A secret."})");
  const std::string id(recalled("secret")[0].at("id").as_string());
  const std::string arguments = R"({"id":")" + id + R"("})";
  const ToolResult others = call("forget", arguments, "k2", "bob");
  EXPECT_EQ(others.outcome, ToolOutcome::error) << "another user's memory";
  EXPECT_EQ(recalled("secret").size(), 1U);
  EXPECT_EQ(call("forget", arguments, "k3").outcome, ToolOutcome::ok);
  EXPECT_TRUE(recalled("secret").empty());
  EXPECT_EQ(call("forget", arguments, "k4").outcome, ToolOutcome::error);
  EXPECT_EQ(call("forget", R"({"id":"mem_x"})", "k5").outcome, ToolOutcome::error);
}

TEST_F(MemoryTools, WorkingMemoriesSayWhatGaveWay) {
  MemoryBounds bounds;
  bounds.working_items_max = 1;
  const auto small = open_memory_store("memory:", bounds).value();
  const auto first = boost::json::parse(text(call("remember", R"({"text":"a","lane":"working"})", "k1", "ada", small)));
  const auto second =
      boost::json::parse(text(call("remember", R"({"text":"b","lane":"working"})", "k2", "ada", small)));
  EXPECT_TRUE(first.at("forgotten").as_array().empty());
  ASSERT_EQ(second.at("forgotten").as_array().size(), 1U);
  EXPECT_EQ(second.at("forgotten").as_array()[0], first.at("id"));
}

TEST_F(MemoryTools, TheNotesOfAnotherSessionAreNotRecalled) {
  call("remember", R"({"text":"A note.","lane":"working"})", "k1", "ada", nullptr, 7);
  EXPECT_TRUE(recalled("note").empty());
  EXPECT_EQ(text(call("recall", R"({"query":"note","lane":"working"})")), R"({"memories":[]})");
  call("remember", R"({"text":"A note of mine.","lane":"working"})", "k2");
  ASSERT_EQ(recalled("note").size(), 1U);
  EXPECT_EQ(recalled("note")[0].at("text").as_string(), "A note of mine.");
}

TEST_F(MemoryTools, TheBestHitIsThereHoweverLongItIs) {
  const std::string text(16'000, 'w');
  call("remember", R"({"text":"key )" + text + R"("})");
  call("remember", R"({"text":"key )" + text + R"("})", "k2");
  EXPECT_EQ(recalled("key").size(), 1U) << "both are more than fits";
}

TEST_F(MemoryTools, WithoutAStoreTheyOnlyDeclareThemselves) {
  ASSERT_EQ(memory_tools().size(), 3U);
  ToolRegistry registry;
  for (const auto& tool : memory_tools()) EXPECT_TRUE(registry.add(tool)) << tool->spec().name;
}

}  // namespace
}  // namespace orchestrator::harness::memory
