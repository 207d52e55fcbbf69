// SPDX-License-Identifier: Apache-2.0
// Goal: what one run leaves in a memory store another one finds, of its user alone, and journals what it found; a store
// or an embedder that fails costs no run; summaries by the model are attempts of the run. Method: the real store on
// SQLite, scripted models, every journal through the invariants.
#include <gtest/gtest.h>

#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <chrono>
#include <limits>
#include <stdexcept>
#include <utility>

#include "orchestrator/harness/embedder.hpp"
#include "orchestrator/harness/memory.hpp"
#include "scripted_harness.hpp"

namespace orchestrator::harness::integration {
namespace {

namespace asio = boost::asio;

constexpr const char* kScript = R"({"turns":[{"text":"It is under the blue flower pot."}]})";

MemoryPolicy policy_of(std::string user) {
  MemoryPolicy policy;
  policy.user = std::move(user);
  policy.recall_max = 3;
  policy.keep_run = true;
  return policy;
}

std::vector<StreamEvent> run_of(Harness& harness, const std::string& input, const MemoryPolicy& policy) {
  auto run = harness.session().run(input).memory(policy).start().value();
  return all_events(run);
}

// Gives every text the same vector, or fails, and says what it cost.
class FixedEmbedder final : public Embedder {
 public:
  std::string model() const override { return "test/fixed"; }
  asio::awaitable<Result<EmbeddingBatch>> embed(std::vector<std::string> texts,
                                                std::chrono::steady_clock::time_point) override {
    calls += texts.size();
    if (fails) co_return std::unexpected(ProviderError{ProviderErrorCode::provider_rate_limited, "slow down", "", {}});
    EmbeddingBatch batch;
    batch.vectors.assign(texts.size(), {1.0F, 0.5F});
    batch.cost_micro_usd = 7;
    co_return batch;
  }
  bool fails = false;
  std::size_t calls = 0;
};

// Answers a search after the run's patience is at its end, and never says that something is stored.
class LateStore final : public MemoryStore {
 public:
  explicit LateStore(bool is_stuck = false) : is_stuck_(is_stuck) {}
  std::string url() const override { return "late:"; }
  asio::awaitable<Result<MemoryPut>> put(Memory) override {
    if (is_stuck_) {
      asio::steady_timer never(co_await asio::this_coro::executor, std::chrono::hours(1));
      co_await never.async_wait(asio::use_awaitable);
    }
    co_return MemoryPut{};
  }
  asio::awaitable<Result<std::vector<MemoryHit>>> search(MemoryQuery) override {
    asio::steady_timer never(co_await asio::this_coro::executor, std::chrono::milliseconds(200));
    co_await never.async_wait(asio::use_awaitable);
    co_return std::vector<MemoryHit>();
  }
  asio::awaitable<Result<std::vector<Memory>>> list(MemoryFilter, std::optional<MemoryId>, std::uint32_t) override {
    co_return std::vector<Memory>();
  }
  asio::awaitable<Result<std::uint64_t>> forget(MemoryFilter) override { co_return 0U; }

 private:
  bool is_stuck_;
};

// A store of somebody else's that throws.
class ThrowingStore final : public MemoryStore {
 public:
  std::string url() const override { return "throwing:"; }
  asio::awaitable<Result<MemoryPut>> put(Memory) override {
    throw std::runtime_error("no disk");
    co_return MemoryPut{};
  }
  asio::awaitable<Result<std::vector<MemoryHit>>> search(MemoryQuery) override {
    throw std::runtime_error("no index");
    co_return std::vector<MemoryHit>();
  }
  asio::awaitable<Result<std::vector<Memory>>> list(MemoryFilter, std::optional<MemoryId>, std::uint32_t) override {
    co_return std::vector<Memory>();
  }
  asio::awaitable<Result<std::uint64_t>> forget(MemoryFilter) override { co_return 0U; }
};

// Gives hits that no journal may hold, and more than were asked for.
class UnsoundStore final : public MemoryStore {
 public:
  std::string url() const override { return "unsound:"; }
  asio::awaitable<Result<MemoryPut>> put(Memory) override { co_return MemoryPut{}; }
  asio::awaitable<Result<std::vector<MemoryHit>>> search(MemoryQuery) override {
    std::vector<MemoryHit> hits(6);
    for (std::size_t i = 0; i < hits.size(); ++i) {
      hits[i].memory.id = MemoryId::make(1, 2, i);
      hits[i].memory.text = "hit " + std::to_string(i);
    }
    hits[0].score = std::numeric_limits<double>::quiet_NaN();
    hits[1].memory.text = "\xff";
    hits[2].memory.text = std::string(100'000, 'x');
    co_return hits;
  }
  asio::awaitable<Result<std::vector<Memory>>> list(MemoryFilter, std::optional<MemoryId>, std::uint32_t) override {
    co_return std::vector<Memory>();
  }
  asio::awaitable<Result<std::uint64_t>> forget(MemoryFilter) override { co_return 0U; }
};

TEST(RunMemory, AStoreThatThrowsHasFailed) {
  Harness harness = scripted_builder(kScript).memory(std::make_shared<ThrowingStore>()).build().value();
  const auto events = run_of(harness, "Where is the key?", policy_of("ada"));
  const auto retrieved = of_type<StreamEvent::MemoryRetrieved>(events);
  ASSERT_TRUE(retrieved[0].error);
  EXPECT_NE(retrieved[0].error->message.find("no index"), std::string::npos);
  const auto stored = of_type<StreamEvent::MemoryStored>(events);
  ASSERT_TRUE(stored[0].error);
  EXPECT_NE(stored[0].error->message.find("no disk"), std::string::npos);
  EXPECT_EQ(of_type<StreamEvent::Completed>(events).size(), 1U);
}

TEST(RunMemory, WhatAJournalMayNotHoldIsLeftOut) {
  Harness harness = scripted_builder(kScript).memory(std::make_shared<UnsoundStore>()).build().value();
  const auto retrieved = of_type<StreamEvent::MemoryRetrieved>(run_of(harness, "Where is the key?", policy_of("ada")));
  ASSERT_EQ(retrieved[0].hits.size(), 3U);
  EXPECT_EQ(retrieved[0].hits[0].text, "hit 3");
}

TEST(RunMemory, WhatIsNotRememberedIsNotKept) {
  const auto store = open_memory_store("memory:").value();
  Harness harness = scripted_builder(kScript).memory(store).build().value();
  auto run = harness.session().run("A secret.").memory(policy_of("ada")).remember(false).start().value();
  EXPECT_TRUE(of_type<StreamEvent::MemoryStored>(all_events(run)).empty());
  EXPECT_TRUE(of_type<StreamEvent::MemoryRetrieved>(run_of(harness, "A secret?", policy_of("ada")))[0].hits.empty());
}

TEST(RunMemory, OneRunFindsWhatAnotherOneLeft) {
  const auto store = open_memory_store("memory:").value();
  Harness harness = scripted_builder(kScript).memory(store).build().value();
  const auto first = run_of(harness, "Where is the spare key of the house?", policy_of("ada"));
  const auto nothing = of_type<StreamEvent::MemoryRetrieved>(first);
  ASSERT_EQ(nothing.size(), 1U);
  EXPECT_TRUE(nothing[0].hits.empty());
  EXPECT_EQ(nothing[0].cost_micro_usd, 0U);
  const auto left = of_type<StreamEvent::MemoryStored>(first);
  ASSERT_EQ(left.size(), 1U);
  EXPECT_FALSE(left[0].error.has_value());

  const auto second = run_of(harness, "Is the spare key still there?", policy_of("ada"));
  const auto found = of_type<StreamEvent::MemoryRetrieved>(second);
  ASSERT_EQ(found.size(), 1U);
  ASSERT_EQ(found[0].hits.size(), 1U);
  EXPECT_EQ(found[0].hits[0].id, left[0].id);
  EXPECT_EQ(found[0].hits[0].lane, MemoryLane::episodic);
  EXPECT_NE(found[0].hits[0].text.find("Answered: It is under the blue flower pot."), std::string::npos);
  const auto assembled = of_type<StreamEvent::ContextAssembled>(second);
  EXPECT_EQ(assembled[0].changes[0].source, "memory");

  const auto of_another = of_type<StreamEvent::MemoryRetrieved>(run_of(harness, "Where is the key?", policy_of("bob")));
  EXPECT_TRUE(of_another[0].hits.empty());
}

TEST(RunMemory, ALateStoreCostsTheMemoriesAlone) {
  Harness harness = scripted_builder(kScript).memory(std::make_shared<LateStore>()).build().value();
  MemoryPolicy policy = policy_of("ada");
  policy.timeout_ms = 1;
  const auto events = run_of(harness, "Where is the key?", policy);
  const auto retrieved = of_type<StreamEvent::MemoryRetrieved>(events);
  ASSERT_EQ(retrieved.size(), 1U);
  ASSERT_TRUE(retrieved[0].error);
  EXPECT_EQ(retrieved[0].error->code, "storage_unavailable");
  EXPECT_EQ(of_type<StreamEvent::Completed>(events).size(), 1U);
}

TEST(RunMemory, ALateLookDoesNotCallOffTheDeadlineOfWhatIsLeft) {
  Harness harness = scripted_builder(kScript).memory(std::make_shared<LateStore>(true)).build().value();
  MemoryPolicy policy = policy_of("ada");
  policy.timeout_ms = 1;
  const auto events = run_of(harness, "Where is the key?", policy);
  const auto stored = of_type<StreamEvent::MemoryStored>(events);
  ASSERT_EQ(stored.size(), 1U);
  ASSERT_TRUE(stored[0].error);
  EXPECT_EQ(stored[0].error->code, "storage_unavailable");
  EXPECT_EQ(of_type<StreamEvent::Completed>(events).size(), 1U);
}

TEST(RunMemory, WhatVectorsCostIsAPartOfTheRun) {
  const auto embedder = std::make_shared<FixedEmbedder>();
  Harness harness =
      scripted_builder(kScript).memory(open_memory_store("memory:").value(), {}, embedder).build().value();
  const auto events = run_of(harness, "Where is the key?", policy_of("ada"));
  EXPECT_EQ(of_type<StreamEvent::MemoryRetrieved>(events)[0].cost_micro_usd, 7U);
  EXPECT_EQ(of_type<StreamEvent::MemoryStored>(events)[0].cost_micro_usd, 7U);
  EXPECT_EQ(embedder->calls, 2U);
}

TEST(RunMemory, WithoutAVectorARunFindsByWords) {
  const auto embedder = std::make_shared<FixedEmbedder>();
  embedder->fails = true;
  Harness harness =
      scripted_builder(kScript).memory(open_memory_store("memory:").value(), {}, embedder).build().value();
  run_of(harness, "Where is the spare key?", policy_of("ada"));
  const auto events = run_of(harness, "Is the spare key there?", policy_of("ada"));
  const auto retrieved = of_type<StreamEvent::MemoryRetrieved>(events);
  EXPECT_EQ(retrieved[0].hits.size(), 1U);
  EXPECT_EQ(retrieved[0].cost_micro_usd, std::nullopt) << "the host may have charged for it";
  EXPECT_EQ(of_type<StreamEvent::Completed>(events)[0].cost_micro_usd, std::nullopt);
}

TEST(RunMemory, IsRefusedWithoutAStore) {
  Harness harness = scripted_harness(kScript);
  const auto run = harness.session().run("Where is the key?").memory(policy_of("ada")).start();
  ASSERT_FALSE(run);
  EXPECT_EQ(run.error().code, "invalid_argument");
  EXPECT_EQ(run.error().at, "memory");
}

TEST(Summaries, AreAttemptsOfTheRun) {
  Harness harness = scripted_harness(R"({"turns":[{"text":"Ada looks for her key."}]})");
  Session session = harness.session();
  ContextPolicy policy;
  policy.tokens_max = 120;
  policy.when_full = WhenFull::summarise;
  policy.summary_tokens_max = 50;
  std::vector<StreamEvent> events;
  for (int i = 0; i < 6 && of_type<StreamEvent::ContextTrimmed>(events).empty(); ++i) {
    auto run = session.run("And here is more: " + std::string(120, 'x')).context(policy).start().value();
    events = all_events(run);
  }
  const auto written = of_type<StreamEvent::ContextSummarised>(events);
  ASSERT_EQ(written.size(), 1U);
  EXPECT_EQ(written[0].text, "Ada looks for her key.");
  const auto trimmed = of_type<StreamEvent::ContextTrimmed>(events);
  ASSERT_EQ(trimmed.size(), 1U);
  EXPECT_EQ(trimmed[0].summary, "Earlier in this conversation, summed up by a model:\nAda looks for her key.");
  EXPECT_EQ(of_type<StreamEvent::UsageReported>(events).size(), 2U);
  EXPECT_EQ(text_of(session.history().front()), *trimmed[0].summary);
}

}  // namespace
}  // namespace orchestrator::harness::integration
