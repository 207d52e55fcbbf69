// SPDX-License-Identifier: Apache-2.0
// Goal: the tools of memory keep, find and forget what is their user's and nobody else's, and a call that is made again
// keeps nothing twice; with vectors they find what means the same, and without them they go on. Method: the tools as a
// run calls them, on a store in memory, with an embedder that follows a script.
#include "orchestrator/harness/memory_tools.hpp"

#include <gtest/gtest.h>

#include <boost/json.hpp>

#include <algorithm>
#include <optional>

#include "runtime/testing/run_awaitable.hpp"

namespace orchestrator::harness::memory {
namespace {

class MemoryTools : public testing::Test {
 protected:
  ToolResult call(const std::string& tool, const std::string& arguments, const std::string& key = "k1",
                  const std::string& user = "ada", std::shared_ptr<MemoryStore> store = nullptr,
                  std::uint64_t session = 3) {
    const auto tools = memory_tools({store != nullptr ? store : store_, user, embedder_});
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
  std::shared_ptr<Embedder> embedder_;
};

// Knows what a few texts mean, as a direction of two numbers, and fails when it is told to.
class ScriptedEmbedder final : public Embedder {
 public:
  [[nodiscard]] std::string model() const override { return "scripted/meanings"; }
  Awaitable<Result<EmbeddingBatch>> embed(std::vector<std::string> texts,
                                          std::chrono::steady_clock::time_point deadline) override {
    asked.insert(asked.end(), texts.begin(), texts.end());
    last_deadline = deadline;
    if (failure) co_return std::unexpected(*failure);
    EmbeddingBatch batch;
    for (const std::string& text : texts) {
      const bool is_about_animals = text.find("cat") != std::string::npos || text.find("pet") != std::string::npos;
      batch.vectors.push_back(is_about_animals ? std::vector<float>{1, 0} : std::vector<float>{0, 1});
    }
    co_return batch;
  }

  std::vector<std::string> asked;
  std::chrono::steady_clock::time_point last_deadline;
  std::optional<Error> failure;
};

class MemoryToolsWithVectors : public MemoryTools {
 protected:
  MemoryToolsWithVectors() { embedder_ = scripted_; }
  std::vector<Memory> stored(const std::shared_ptr<MemoryStore>& store) {
    boost::asio::io_context io;
    return runtime::testing::run_awaitable(io, store->list({}, std::nullopt, 100)).value();
  }
  std::shared_ptr<ScriptedEmbedder> scripted_ = std::make_shared<ScriptedEmbedder>();
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

TEST_F(MemoryToolsWithVectors, WhatMeansTheSameIsFoundFirstThoughNoWordIsShared) {
  call("remember", R"({"text":"Tom the cat sleeps all day."})", "k1");
  call("remember", R"({"text":"The bicycle is green."})", "k2");
  const auto found = recalled("which pet lives here");
  ASSERT_FALSE(found.empty());
  EXPECT_EQ(found[0].at("text").as_string(), "Tom the cat sleeps all day.") << "the other is newer";
  const auto memories = stored(store_);
  ASSERT_EQ(memories.size(), 2U);
  for (const Memory& memory : memories) {
    ASSERT_TRUE(memory.embedding) << memory.text;
    EXPECT_EQ(memory.embedding->model, "scripted/meanings");
  }
}

TEST_F(MemoryToolsWithVectors, OnlySemanticMemoriesAskForAVector) {
  call("remember", R"({"text":"a cat","lane":"episodic"})", "k1");
  call("remember", R"({"text":"a cat","lane":"working"})", "k2");
  call("recall", R"({"query":"cat","lane":"episodic"})");
  call("recall", R"({"query":""})");
  EXPECT_TRUE(scripted_->asked.empty());
  call("recall", R"({"query":"cat","lane":"semantic"})");
  EXPECT_EQ(scripted_->asked, std::vector<std::string>{"cat"});
  for (const Memory& memory : stored(store_)) EXPECT_FALSE(memory.embedding);
}

TEST_F(MemoryToolsWithVectors, AFailureLosesNoMemoryAndIsTold) {
  scripted_->failure = ProviderError{ProviderErrorCode::provider_overloaded, "HTTP 503: busy", {}};
  const ToolResult kept = call("remember", R"({"text":"Tom the cat."})");
  EXPECT_EQ(kept.outcome, ToolOutcome::ok) << text(kept);
  EXPECT_EQ(boost::json::parse(text(kept)).at("note").as_string(),
            "kept without an embedding: HTTP 503: busy (provider_overloaded)");
  const auto recall = boost::json::parse(text(call("recall", R"({"query":"cats"})")));
  EXPECT_EQ(recall.at("note").as_string(), "found by words alone: HTTP 503: busy (provider_overloaded)");
  ASSERT_EQ(recall.at("memories").as_array().size(), 1U);
  ASSERT_EQ(stored(store_).size(), 1U);
  EXPECT_FALSE(stored(store_)[0].embedding);
}

TEST_F(MemoryToolsWithVectors, WhatGoesWellHasNoNote) {
  EXPECT_FALSE(boost::json::parse(text(call("remember", R"({"text":"cat"})"))).as_object().contains("note"));
  EXPECT_FALSE(boost::json::parse(text(call("recall", R"({"query":"cat"})"))).as_object().contains("note"));
}

TEST_F(MemoryToolsWithVectors, AVectorThatTheStoreHasNoRoomForIsLeftOut) {
  const auto small = open_memory_store("memory:", {.embeddings_max = 0}).value();
  const ToolResult kept = call("remember", R"({"text":"Tom the cat."})", "k1", "ada", small);
  EXPECT_EQ(kept.outcome, ToolOutcome::ok) << text(kept);
  EXPECT_NE(text(kept).find("embeddings_max"), std::string::npos) << text(kept);
  ASSERT_EQ(stored(small).size(), 1U);
}

TEST_F(MemoryToolsWithVectors, ACallThatIsMadeAgainAfterAFailureKeepsNothingTwice) {
  scripted_->failure = ProviderError{ProviderErrorCode::provider_overloaded, "busy", {}};
  call("remember", R"({"text":"Once, a cat."})", "same key");
  scripted_->failure.reset();
  EXPECT_EQ(call("remember", R"({"text":"Once, a cat."})", "same key").outcome, ToolOutcome::ok);
  EXPECT_EQ(stored(store_).size(), 1U);
}

TEST_F(MemoryToolsWithVectors, TimeIsLeftForTheStore) {
  const auto before = std::chrono::steady_clock::now();
  call("remember", R"({"text":"a cat"})");
  EXPECT_GE(scripted_->last_deadline, before + kEmbeddingTime);
  EXPECT_LT(scripted_->last_deadline, before + std::chrono::minutes(1)) << "the call has a minute";
}

TEST_F(MemoryToolsWithVectors, ACancelledCallStoresNothing) {
  scripted_->failure = RuntimeError{RuntimeErrorCode::cancelled, "cancelled", {}};
  EXPECT_EQ(call("remember", R"({"text":"a cat"})").outcome, ToolOutcome::error);
  EXPECT_TRUE(stored(store_).empty());
}

}  // namespace
}  // namespace orchestrator::harness::memory
