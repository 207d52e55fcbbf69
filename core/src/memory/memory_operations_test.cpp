// SPDX-License-Identifier: Apache-2.0
// Goal: memory stores keep their promises when much happens at once. Method: callers on threads of their own, calls
// that overlap, another process, and random operations compared with a model as simple as can be.

#include <gmock/gmock.h>
#include <rapidcheck.h>
#include <sys/wait.h>
#include <unistd.h>
#include <boost/asio/co_spawn.hpp>

#include <algorithm>
#include <map>
#include <set>
#include <thread>

#include "memory/testing/memory_conformance.hpp"

namespace orchestrator::harness::memory::testing {
namespace {

using ::testing::ElementsAre;

TEST_P(MemoryConformance, ManyCallersAtOnceLoseNothing) {
  constexpr std::uint64_t kThreads = 4;
  constexpr std::uint64_t kEach = 25;
  std::vector<std::thread> threads;
  for (std::uint64_t thread = 0; thread < kThreads; ++thread) {
    threads.emplace_back([&, thread, store = thread % 2 == 0 ? store_ : host_->open()] {
      MemoryCalls calls;
      for (std::uint64_t i = 0; i < kEach; ++i) {
        const std::uint64_t number = thread * kEach + i;
        calls.put(*store, fact(number, "shared word" + std::to_string(number)));
        const auto hits = calls.search(*store, question("word" + std::to_string(number)));
        EXPECT_THAT(numbers_of(hits), ElementsAre(number));
        if (i % 5 == 0) EXPECT_EQ(calls.forget(*store, {.id = memory_id(number)}), 1U);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(list(*store_).size(), kThreads * kEach * 4 / 5);
}

boost::asio::awaitable<void> put_one(MemoryStore* store, Memory memory, std::vector<std::thread::id>* resumed_on) {
  const auto stored = co_await store->put(std::move(memory));
  EXPECT_TRUE(stored);
  resumed_on->push_back(std::this_thread::get_id());
}

TEST_P(MemoryConformance, CallsMayOverlapAndGoOnWithTheirCaller) {
  boost::asio::io_context io;
  std::vector<std::thread::id> resumed_on;
  const auto rethrow = [](std::exception_ptr failure) { EXPECT_EQ(failure, nullptr); };
  for (std::uint64_t i = 0; i < 20; ++i) {
    boost::asio::co_spawn(io, put_one(store_.get(), fact(i, "x"), &resumed_on), rethrow);
  }
  io.run();
  EXPECT_EQ(resumed_on, std::vector<std::thread::id>(20, std::this_thread::get_id()));
  EXPECT_EQ(list(*store_).size(), 20U);
}

TEST_P(MemoryConformance, AnotherHandleSeesTheSame) {
  const auto other = host_->open();
  put(*store_, fact(1, "one"));
  EXPECT_FALSE(put(*other, fact(1, "one")).is_new);
  put(*other, fact(2, "two"));
  EXPECT_THAT(numbers_of(search(*store_, question("two"))), ElementsAre(2U));
  EXPECT_EQ(forget(*store_, {.id = memory_id(2)}), 1U);
  EXPECT_THAT(numbers_of(search(*other, question(""))), ElementsAre(1U));
  put(*other, fact(3, "three"));
  EXPECT_THAT(numbers_of(list(*store_)), ElementsAre(1U, 3U));
}

TEST_P(MemoryConformance, WhatWasStoredOutlivesTheStore) {
  if (!GetParam().is_shared) GTEST_SKIP() << GetParam().name << " ends with its handle";
  Memory memory = fact(1, "one");
  memory.embedding = embedding({1, 2});
  put(*store_, memory);
  store_.reset();
  store_ = host_->open();
  EXPECT_THAT(list(*store_), ElementsAre(memory));
  EXPECT_THAT(numbers_of(search(*store_, question("one"))), ElementsAre(1U));
}

// The other process is forked before this one has a thread or a connection of its own, and speaks by its exit code.
TEST_P(MemoryConformance, AnotherProcessWritesToo) {
  if (!GetParam().is_shared) GTEST_SKIP() << GetParam().name << " is for one process";
  constexpr std::uint64_t kEach = 40;
  store_.reset();
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  const std::uint64_t first = child == 0 ? kEach : 0;
  store_ = host_->open();
  bool is_right = store_ != nullptr;
  for (std::uint64_t i = 0; is_right && i < kEach; ++i) {
    is_right = await(store_->put(fact(first + i, "shared"))).has_value();
    const auto hits = await(store_->search(question("shared")));
    is_right = is_right && hits && !hits->empty();
  }
  if (child == 0) {
    store_.reset();
    ::_exit(is_right ? 0 : 1);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0);
  EXPECT_TRUE(is_right);
  EXPECT_EQ(list(*store_).size(), 2 * kEach);
}

// A store as simple as can be: a map.
class ModelStore {
 public:
  explicit ModelStore(std::uint64_t working_items_max) : working_items_max_(working_items_max) {}

  // The codes and evictions that a put must give.
  std::pair<std::string, std::vector<MemoryId>> put(const Memory& memory) {
    if (const auto found = memories_.find(memory.id); found != memories_.end()) {
      return {found->second == memory ? "same" : "precondition_failed", {}};
    }
    std::vector<Memory> notes;
    for (const auto& [id, one] : memories_) {
      const bool is_beside = one.lane == MemoryLane::working && one.user == memory.user &&
                             one.session_id == memory.session_id && memory.lane == MemoryLane::working;
      if (is_beside) notes.push_back(one);
    }
    std::ranges::sort(notes, {}, [](const Memory& one) { return std::pair(one.created_at, one.id); });
    std::vector<MemoryId> evicted;
    for (std::size_t i = 0; i + working_items_max_ < notes.size() + 1; ++i) {
      evicted.push_back(notes[i].id);
      memories_.erase(notes[i].id);
    }
    memories_.emplace(memory.id, memory);
    return {"new", evicted};
  }

  // What a filter names.
  [[nodiscard]] std::set<MemoryId> named(const MemoryFilter& filter) const {
    std::set<MemoryId> ids;
    for (const auto& [id, one] : memories_) {
      const bool is_named = (!filter.id || *filter.id == id) && (!filter.user || *filter.user == one.user) &&
                            (!filter.session_id || filter.session_id == one.session_id) &&
                            (!filter.lane || *filter.lane == one.lane) &&
                            (!filter.before || one.created_at < *filter.before);
      if (is_named) ids.insert(id);
    }
    return ids;
  }

  // What a question about one word, or about nothing, finds.
  [[nodiscard]] std::set<MemoryId> found(const MemoryQuery& query) const {
    std::set<MemoryId> ids;
    for (const auto& [id, one] : memories_) {
      const bool is_allowed = one.user == query.user && (!query.session_id || query.session_id == one.session_id) &&
                              (query.lanes.empty() || query.lanes[0] == one.lane);
      if (is_allowed && (" " + one.text + " ").find(query.text) != std::string::npos) ids.insert(id);
    }
    return ids;
  }

  void erase(const std::set<MemoryId>& ids) {
    for (const MemoryId& id : ids) memories_.erase(id);
  }
  [[nodiscard]] const std::map<MemoryId, Memory>& memories() const { return memories_; }

 private:
  std::uint64_t working_items_max_;
  std::map<MemoryId, Memory> memories_;
};

MemoryLane any_lane() { return static_cast<MemoryLane>(*rc::gen::inRange(0, 3)); }
std::string any_user() { return *rc::gen::elementOf(std::vector<std::string>{"ann", "bob"}); }
std::string any_word() { return *rc::gen::elementOf(std::vector<std::string>{"red", "blue", "green", "cold", "warm"}); }

Memory any_memory() {
  Memory memory = fact(*rc::gen::inRange<std::uint64_t>(1, 15), any_word());
  for (int left = *rc::gen::inRange(0, 3); left > 0; --left) memory.text += " " + any_word();
  memory.lane = any_lane();
  memory.user = any_user();
  if (memory.lane == MemoryLane::working) memory.session_id = session_id(*rc::gen::inRange<std::uint64_t>(1, 3));
  memory.created_at = {*rc::gen::inRange<std::int64_t>(0, 20)};
  return memory;
}

MemoryFilter any_filter() {
  MemoryFilter filter;
  switch (*rc::gen::inRange(0, 5)) {
    case 0:
      filter.id = memory_id(*rc::gen::inRange<std::uint64_t>(1, 15));
      break;
    case 1:
      filter.user = any_user();
      filter.lane = any_lane();
      break;
    case 2:
      filter.session_id = session_id(*rc::gen::inRange<std::uint64_t>(1, 3));
      break;
    case 3:
      filter.lane = any_lane();
      filter.before = WallTime{*rc::gen::inRange<std::int64_t>(0, 20)};
      break;
    default:
      filter.before = WallTime{*rc::gen::inRange<std::int64_t>(0, 5)};
  }
  return filter;
}

MemoryQuery any_query() {
  MemoryQuery query = question(*rc::gen::inRange(0, 4) == 0 ? "" : any_word());
  query.user = any_user();
  query.limit = 100;
  if (*rc::gen::inRange(0, 3) == 0) query.lanes = {any_lane()};
  if (*rc::gen::inRange(0, 3) == 0) query.session_id = session_id(1);
  return query;
}

std::set<MemoryId> ids_of(const std::vector<MemoryHit>& hits) {
  std::set<MemoryId> ids;
  for (const MemoryHit& hit : hits) ids.insert(hit.memory.id);
  return ids;
}

TEST_P(MemoryConformance, RandomOperationsMatchAModel) {
  const bool holds = rc::check([this] {
    use({.working_items_max = 2});
    ModelStore model(2);
    for (int left = *rc::gen::inRange(1, 40); left > 0; --left) {
      switch (*rc::gen::inRange(0, 8)) {
        case 0: {
          const MemoryFilter filter = any_filter();
          const auto named = model.named(filter);
          model.erase(named);
          RC_ASSERT(forget(*store_, filter) == named.size());
          break;
        }
        case 1:
        case 2: {
          const MemoryQuery query = any_query();
          const auto hits = search(*store_, query);
          RC_ASSERT(ids_of(hits) == model.found(query));
          RC_ASSERT(ids_of(hits).size() == hits.size());
          RC_ASSERT(std::ranges::is_sorted(hits, std::greater(), &MemoryHit::score));
          break;
        }
        default: {
          const Memory memory = any_memory();
          const auto [outcome, evicted] = model.put(memory);
          const auto stored = await(store_->put(memory));
          RC_ASSERT((stored ? stored->is_new ? "new" : "same" : stored.error().code) == outcome);
          if (stored) RC_ASSERT(stored->evicted == evicted);
        }
      }
    }
    std::vector<Memory> left;
    for (const auto& [id, memory] : model.memories()) left.push_back(memory);
    RC_ASSERT(list(*store_) == left);
  });
  EXPECT_TRUE(holds);
}

}  // namespace
}  // namespace orchestrator::harness::memory::testing
