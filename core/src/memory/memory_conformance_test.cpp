// SPDX-License-Identifier: Apache-2.0
// Goal: every memory store keeps, bounds, lists and forgets as `memory.hpp` says. Method: each promise by itself, over
// each kind of store. What it finds is in memory_search_test.cpp, and what many callers do to it in
// memory_operations_test.cpp.

#include "memory/testing/memory_conformance.hpp"

#include <gmock/gmock.h>

#include <limits>
#include <string>
#include <vector>

namespace orchestrator::harness::memory::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;

INSTANTIATE_TEST_SUITE_P(Memory, MemoryConformance, ::testing::Values(in_memory_kind(), sqlite_kind()), kind_name);

// Every field set, each to something unusual.
Memory full_memory() {
  Memory memory = fact(7, std::string("a\0b \"q\" 'q' \xF0\x9F\x90\x88\n", 18));
  memory.lane = MemoryLane::episodic;
  memory.user = std::string("o'hara\0x", 8);
  memory.session_id = session_id(3);
  memory.run_id = RunId::make(1'700'000'000'000, 3, 9);
  memory.created_at = {-1};
  memory.embedding = embedding({-0.0F, 1e-45F, -3.4e38F, 0.1F}, "m\xC3\xBCller/e5");
  return memory;
}

TEST_P(MemoryConformance, AnEmptyStoreFindsNothing) {
  EXPECT_THAT(search(*store_, question("cat")), IsEmpty());
  EXPECT_THAT(search(*store_, question("")), IsEmpty());
  EXPECT_THAT(list(*store_), IsEmpty());
  EXPECT_EQ(forget(*store_, {.user = "ann"}), 0U);
}

TEST_P(MemoryConformance, WhatIsStoredIsListedExactly) {
  const std::vector<Memory> memories{fact(1, "plain"), note(2, "working"), full_memory()};
  for (const Memory& memory : memories) {
    const MemoryPut stored = put(*store_, memory);
    EXPECT_TRUE(stored.is_new);
    EXPECT_THAT(stored.evicted, IsEmpty());
  }
  EXPECT_EQ(list(*store_), memories);
}

TEST_P(MemoryConformance, StoringTheSameAgainIsNoError) {
  for (const Memory& memory : {fact(1, "plain"), note(2, "working"), full_memory()}) {
    EXPECT_TRUE(put(*store_, memory).is_new);
    EXPECT_FALSE(put(*store_, memory).is_new);
  }
  EXPECT_EQ(list(*store_).size(), 3U);
  EXPECT_EQ(search(*store_, question("plain")).size(), 1U);
}

TEST_P(MemoryConformance, AnIdHasOneContent) {
  const Memory memory = full_memory();
  put(*store_, memory);
  std::vector<Memory> others(8, memory);
  others[0].text += "x";
  others[1].lane = MemoryLane::semantic;
  others[2].user = "ann";
  others[3].session_id.reset();
  others[4].run_id.reset();
  others[5].created_at = {0};
  others[6].embedding.reset();
  others[7].embedding->values[3] = 0.2F;
  for (const Memory& other : others) {
    const auto refused = await(store_->put(other));
    EXPECT_EQ(code_of(refused), "precondition_failed");
    EXPECT_THAT(refused.error().message, HasSubstr(memory.id.str()));
  }
  EXPECT_THAT(list(*store_), ElementsAre(memory));
}

TEST_P(MemoryConformance, WorkingMemoriesGiveWayByNumber) {
  use({.working_items_max = 3});
  for (const std::uint64_t i : {4U, 2U, 3U}) put(*store_, note(i, "note " + std::to_string(i)));
  Memory elsewhere = note(1, "note of another session");
  elsewhere.session_id = session_id(2);
  Memory of_bob = note(5, "note of bob");
  of_bob.user = "bob";
  put(*store_, elsewhere);
  put(*store_, of_bob);
  put(*store_, fact(6, "no note"));
  EXPECT_THAT(numbers_of(put(*store_, note(7, "note 7")).evicted), ElementsAre(2U));
  EXPECT_THAT(numbers_of(put(*store_, note(8, "note 8")).evicted), ElementsAre(3U));
  EXPECT_THAT(numbers_of(list(*store_)), ElementsAre(1U, 4U, 5U, 6U, 7U, 8U));
  MemoryQuery query = question("note");
  query.session_id = session_id(1);
  EXPECT_THAT(numbers_of(search(*store_, query)), ::testing::UnorderedElementsAre(4U, 7U, 8U));
}

TEST_P(MemoryConformance, WorkingMemoriesGiveWayByBytes) {
  use({.working_bytes_max = 100});
  for (std::uint64_t i = 1; i <= 4; ++i) put(*store_, note(i, std::string(25, 'x')));
  EXPECT_THAT(numbers_of(put(*store_, note(5, std::string(26, 'y'))).evicted), ElementsAre(1U, 2U));
  EXPECT_THAT(put(*store_, note(6, std::string(24, 'y'))).evicted, IsEmpty());
  EXPECT_THAT(numbers_of(put(*store_, note(7, std::string(100, 'z'))).evicted), ElementsAre(3U, 4U, 5U, 6U));
  const auto refused = await(store_->put(note(8, std::string(101, 'z'))));
  EXPECT_EQ(code_of(refused), "limit_exceeded");
  EXPECT_THAT(refused.error().message, HasSubstr("working_bytes_max"));
  EXPECT_THAT(numbers_of(list(*store_)), ElementsAre(7U));
}

TEST_P(MemoryConformance, BytesOfTextAreCountedAndNotCharacters) {
  use({.working_bytes_max = 12});
  put(*store_, note(1, "\u00e9\u00e9\u00e9"));                     // 6 bytes
  put(*store_, note(2, std::string("a\0bcdef", 7).substr(0, 6)));  // 6 bytes, one of them zero
  EXPECT_THAT(numbers_of(put(*store_, note(3, "x")).evicted), ElementsAre(1U));
}

TEST_P(MemoryConformance, OfEqualAgeTheSmallerIdGivesWay) {
  use({.working_items_max = 2});
  for (const std::uint64_t i : {3U, 2U}) {
    Memory memory = note(i, "x");
    memory.created_at = {5};
    put(*store_, memory);
  }
  EXPECT_THAT(numbers_of(put(*store_, note(9, "x")).evicted), ElementsAre(2U));
}

TEST_P(MemoryConformance, WhatIsNewStaysEvenWhereItsClockIsBehind) {
  use({.working_items_max = 1});
  put(*store_, note(5, "x"));
  EXPECT_THAT(numbers_of(put(*store_, note(1, "y")).evicted), ElementsAre(5U));
  EXPECT_THAT(numbers_of(list(*store_)), ElementsAre(1U));
}

TEST_P(MemoryConformance, AFullStoreSaysSoAndForgettingMakesRoom) {
  use({.working_items_max = 1, .items_max = 3});
  put(*store_, fact(1, "one"));
  put(*store_, fact(2, "two"));
  put(*store_, note(3, "three"));
  const auto refused = await(store_->put(fact(4, "four")));
  EXPECT_EQ(code_of(refused), "limit_exceeded");
  EXPECT_THAT(refused.error().message, HasSubstr("items_max allows 3"));
  EXPECT_THAT(numbers_of(put(*store_, note(5, "five")).evicted), ElementsAre(3U)) << "one for another";
  EXPECT_EQ(forget(*store_, {.id = memory_id(1)}), 1U);
  put(*store_, fact(4, "four"));
  EXPECT_EQ(code_of(await(store_->put(fact(6, "six")))), "limit_exceeded");
  EXPECT_THAT(numbers_of(list(*store_)), ElementsAre(2U, 4U, 5U));
}

TEST_P(MemoryConformance, ARefusedWorkingMemoryEvictsNobody) {
  use({.working_items_max = 2, .embeddings_max = 0});
  put(*store_, note(1, "one"));
  put(*store_, note(2, "two"));
  Memory refused = note(3, "three");
  refused.embedding = embedding({1});
  EXPECT_EQ(code_of(await(store_->put(refused))), "limit_exceeded");
  EXPECT_THAT(numbers_of(list(*store_)), ElementsAre(1U, 2U));
}

TEST_P(MemoryConformance, EmbeddingsHaveABoundOfTheirOwn) {
  use({.embeddings_max = 2});
  const auto with = [](std::uint64_t number) {
    Memory memory = fact(number, "text");
    memory.embedding = embedding({1, 2});
    return memory;
  };
  put(*store_, with(1));
  put(*store_, with(2));
  const auto refused = await(store_->put(with(3)));
  EXPECT_EQ(code_of(refused), "limit_exceeded");
  EXPECT_THAT(refused.error().message, HasSubstr("embeddings_max allows 2"));
  put(*store_, fact(3, "text"));
  EXPECT_EQ(forget(*store_, {.id = memory_id(3)}), 1U);
  EXPECT_EQ(code_of(await(store_->put(with(4)))), "limit_exceeded") << "it had none";
  EXPECT_EQ(forget(*store_, {.id = memory_id(1)}), 1U);
  put(*store_, with(4));
}

TEST_P(MemoryConformance, WhatCannotBeStoredIsNamed) {
  struct Case {
    const char* field;
    const char* code;
    std::function<void(Memory&)> spoil;
  };
  constexpr float kInfinite = std::numeric_limits<float>::infinity();
  const float no_number = std::numeric_limits<float>::quiet_NaN();
  const std::vector<Case> cases{
      {"memory.id", "invalid_argument", [](Memory& memory) { memory.id = MemoryId(); }},
      {"memory.lane", "invalid_argument", [](Memory& memory) { memory.lane = static_cast<MemoryLane>(3); }},
      {"memory.text", "invalid_argument", [](Memory& memory) { memory.text = ""; }},
      {"memory.text", "invalid_argument", [](Memory& memory) { memory.text = "\xC3("; }},
      {"memory.text", "limit_exceeded", [](Memory& memory) { memory.text = std::string((16 << 10) + 1, 'x'); }},
      {"memory.user", "invalid_argument", [](Memory& memory) { memory.user = std::string(257, 'x'); }},
      {"memory.user", "invalid_argument", [](Memory& memory) { memory.user = "\xFF"; }},
      {"memory.session_id", "invalid_argument", [](Memory& memory) { memory.lane = MemoryLane::working; }},
      {"memory.embedding.model", "invalid_argument", [](Memory& memory) { memory.embedding = embedding({1}, ""); }},
      {"memory.embedding.model", "invalid_argument",
       [](Memory& memory) { memory.embedding = embedding({1}, std::string(257, 'm')); }},
      {"memory.embedding.values", "invalid_argument", [](Memory& memory) { memory.embedding = embedding({}); }},
      {"memory.embedding.values", "invalid_argument",
       [](Memory& memory) { memory.embedding = embedding(std::vector<float>(4'097, 1)); }},
      {"memory.embedding.values", "invalid_argument", [](Memory& memory) { memory.embedding = embedding({0, -0.0F}); }},
      {"memory.embedding.values", "invalid_argument",
       [&](Memory& memory) { memory.embedding = embedding({1, -kInfinite}); }},
      {"memory.embedding.values", "invalid_argument",
       [&](Memory& memory) { memory.embedding = embedding({1, no_number}); }}};
  for (const Case& one : cases) {
    Memory memory = fact(1, "text");
    one.spoil(memory);
    const auto refused = await(store_->put(memory));
    EXPECT_EQ(code_of(refused), one.code) << one.field;
    if (refused) continue;
    EXPECT_EQ(refused.error().at, one.field);
    EXPECT_THAT(refused.error().message, StartsWith(one.field));
  }
  EXPECT_THAT(list(*store_), IsEmpty());
}

TEST_P(MemoryConformance, TheGreatestOfEachIsStored) {
  Memory memory = fact(1, std::string(16 << 10, 'x'));
  memory.user = std::string(256, 'u');
  memory.embedding = embedding(std::vector<float>(4'096, 0.5F), std::string(256, 'm'));
  memory.created_at = {std::numeric_limits<std::int64_t>::max()};
  put(*store_, memory);
  EXPECT_THAT(list(*store_), ElementsAre(memory));
}

TEST_P(MemoryConformance, ListsInPages) {
  for (const std::uint64_t i : {5U, 3U, 1U, 4U, 2U}) put(*store_, fact(i, "x"));
  std::vector<std::uint64_t> seen;
  std::optional<MemoryId> after;
  for (;;) {
    const auto page = await(store_->list({}, after, 2));
    ASSERT_TRUE(page) << page.error().message;
    if (page->empty()) break;
    EXPECT_LE(page->size(), 2U);
    for (const std::uint64_t number : numbers_of(*page)) seen.push_back(number);
    after = page->back().id;
  }
  EXPECT_THAT(seen, ElementsAre(1U, 2U, 3U, 4U, 5U));
}

// Five memories that differ in what filters look at.
std::vector<Memory> various_memories() {
  std::vector<Memory> memories{fact(1, "a"), fact(2, "b"), note(3, "c"), note(4, "d"), fact(5, "e")};
  memories[1].user = "bob";
  memories[3].session_id = session_id(2);
  memories[4].lane = MemoryLane::episodic;
  memories[4].session_id = session_id(1);
  return memories;
}

struct FilterCase {
  MemoryFilter filter;
  std::vector<std::uint64_t> found;
};

std::vector<FilterCase> filter_cases() {
  return {{{.id = memory_id(2)}, {2}},
          {{.user = "ann"}, {1, 3, 4, 5}},
          {{.user = ""}, {}},
          {{.user = "an"}, {}},
          {{.session_id = session_id(1)}, {3, 5}},
          {{.lane = MemoryLane::semantic}, {1, 2}},
          {{.before = WallTime{3'000'000}}, {1, 2}},
          {{.user = "ann", .session_id = session_id(1), .lane = MemoryLane::working}, {3}},
          {{.id = memory_id(2), .user = "ann"}, {}},
          {{.user = "ann", .before = WallTime{4'000'001}}, {1, 3, 4}}};
}

TEST_P(MemoryConformance, ListsWhatAFilterNames) {
  for (const Memory& memory : various_memories()) put(*store_, memory);
  EXPECT_EQ(numbers_of(list(*store_)), (std::vector<std::uint64_t>{1, 2, 3, 4, 5}));
  for (const FilterCase& one : filter_cases()) EXPECT_EQ(numbers_of(list(*store_, one.filter)), one.found);
}

TEST_P(MemoryConformance, ForgetsWhatAFilterNames) {
  for (const FilterCase& one : filter_cases()) {
    use(MemoryBounds());
    for (const Memory& memory : various_memories()) put(*store_, memory);
    EXPECT_EQ(forget(*store_, one.filter), one.found.size());
    std::vector<std::uint64_t> left;
    for (const std::uint64_t number : {1U, 2U, 3U, 4U, 5U}) {
      if (std::ranges::find(one.found, number) == one.found.end()) left.push_back(number);
    }
    EXPECT_EQ(numbers_of(list(*store_)), left);
    EXPECT_EQ(forget(*store_, one.filter), 0U);
  }
}

TEST_P(MemoryConformance, WhatIsForgottenIsNotFoundAndMayComeAgain) {
  Memory cat = fact(1, "the cat sleeps");
  cat.embedding = embedding({1, 0});
  Memory dog = fact(2, "the dog sleeps");
  dog.embedding = embedding({1, 1});
  put(*store_, cat);
  put(*store_, dog);
  EXPECT_EQ(forget(*store_, {.id = cat.id}), 1U);
  MemoryQuery query = question("sleeping cat");
  query.embedding = embedding({1, 0});
  EXPECT_THAT(numbers_of(search(*store_, query)), ElementsAre(2U));
  EXPECT_THAT(search(*store_, question("cat")), IsEmpty());
  EXPECT_THAT(numbers_of(search(*store_, question(""))), ElementsAre(2U));
  Memory bird = fact(1, "the bird sings");
  EXPECT_TRUE(put(*store_, bird).is_new);
  EXPECT_THAT(search(*store_, question("cat")), IsEmpty());
  EXPECT_THAT(numbers_of(search(*store_, question("bird"))), ElementsAre(1U));
}

TEST_P(MemoryConformance, AnEmptyFilterForgetsNothing) {
  put(*store_, fact(1, "x"));
  const auto refused = await(store_->forget({}));
  EXPECT_EQ(code_of(refused), "invalid_argument");
  EXPECT_THAT(refused.error().message, HasSubstr("before"));
  EXPECT_EQ(list(*store_).size(), 1U);
  EXPECT_EQ(forget(*store_, {.before = WallTime{std::numeric_limits<std::int64_t>::max()}}), 1U);
}

TEST_P(MemoryConformance, WhatCannotBeAskedIsNamed) {
  const auto list_code = [&](MemoryFilter filter, std::uint32_t limit) {
    return code_of(await(store_->list(std::move(filter), std::nullopt, limit)));
  };
  EXPECT_EQ(list_code({}, 0), "invalid_argument");
  EXPECT_EQ(list_code({}, 1'001), "invalid_argument");
  EXPECT_EQ(list_code({}, 1'000), "ok");
  EXPECT_EQ(list_code({.user = std::string(257, 'x')}, 1), "invalid_argument");
  EXPECT_EQ(list_code({.lane = static_cast<MemoryLane>(9)}, 1), "invalid_argument");
  EXPECT_EQ(code_of(await(store_->forget({.user = "\xFF"}))), "invalid_argument");

  const auto search_error = [&](const std::function<void(MemoryQuery&)>& spoil) {
    MemoryQuery query = question("cat");
    spoil(query);
    const auto refused = await(store_->search(query));
    EXPECT_EQ(code_of(refused), "invalid_argument");
    return refused ? std::string() : refused.error().at;
  };
  EXPECT_EQ(search_error([](MemoryQuery& query) { query.limit = 0; }), "query.limit");
  EXPECT_EQ(search_error([](MemoryQuery& query) { query.limit = 101; }), "query.limit");
  EXPECT_EQ(search_error([](MemoryQuery& query) { query.text = "\xC3"; }), "query.text");
  EXPECT_EQ(search_error([](MemoryQuery& query) { query.user = std::string(257, 'x'); }), "query.user");
  EXPECT_EQ(search_error([](MemoryQuery& query) { query.lanes = {static_cast<MemoryLane>(7)}; }), "query.lanes");
  EXPECT_EQ(search_error([](MemoryQuery& query) { query.embedding = embedding({}); }), "query.embedding.values");
}

TEST_P(MemoryConformance, BoundsOfNothingAreRefused) {
  for (const MemoryBounds& bounds :
       {MemoryBounds{.text_bytes_max = 0}, MemoryBounds{.working_items_max = 0}, MemoryBounds{.working_bytes_max = 0},
        MemoryBounds{.items_max = 0}, MemoryBounds{.text_bytes_max = 1ULL << 40}}) {
    EXPECT_EQ(code_of(open_memory_store(store_->url(), bounds)), "configuration_invalid");
  }
}

TEST_P(MemoryConformance, ItsAddressOpensIt) {
  put(*store_, fact(1, "x"));
  const auto again = open_memory_store(store_->url());
  ASSERT_TRUE(again) << again.error().message;
  EXPECT_EQ((*again)->url(), store_->url());
  EXPECT_EQ(list(**again).size(), GetParam().is_shared ? 1U : 0U);
}

TEST(MemoryAddress, OthersAreRefusedByName) {
  for (const char* url : {"", "memory", "memory:x", "sqlite", "sqlite:", "jsonl:/x", "/a/path", "SQLITE:x"}) {
    const auto store = open_memory_store(url);
    EXPECT_EQ(code_of(store), "configuration_invalid") << url;
    if (!store) EXPECT_THAT(store.error().message, HasSubstr(url));
  }
}

TEST(MemoryLane, HasAName) {
  EXPECT_EQ(name_of(MemoryLane::working), "working");
  EXPECT_EQ(name_of(MemoryLane::episodic), "episodic");
  EXPECT_EQ(name_of(MemoryLane::semantic), "semantic");
}

}  // namespace
}  // namespace orchestrator::harness::memory::testing
