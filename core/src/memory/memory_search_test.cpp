// SPDX-License-Identifier: Apache-2.0
// Goal: every memory store finds what `memory.hpp` says, of nobody else, in the order it says. Method: few memories and
// questions whose answers are known, over each kind of store.

#include <gmock/gmock.h>

#include <string>
#include <vector>

#include "memory/testing/memory_conformance.hpp"

namespace orchestrator::harness::memory::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

TEST_P(MemoryConformance, IsFoundByItsWordsInAnyForm) {
  put(*store_, fact(1, "She was running home along the river"));
  put(*store_, fact(2, "Un caf\u00e9 pr\u00e8s de la gare"));
  put(*store_, fact(3, "\u041c\u043e\u0441\u043a\u0432\u0430 \u0437\u0438\u043c\u043e\u0439"));
  for (const char* text : {"run", "RUNS", "rivers", "who runs?", "river/home", "'river'"}) {
    EXPECT_THAT(numbers_of(search(*store_, question(text))), ElementsAre(1U)) << text;
  }
  for (const char* text : {"cafe", "CAF\u00c9", "pres"}) {
    EXPECT_THAT(numbers_of(search(*store_, question(text))), ElementsAre(2U)) << text;
  }
  EXPECT_THAT(numbers_of(search(*store_, question("\u043c\u043e\u0441\u043a\u0432\u0430"))), ElementsAre(3U));
  EXPECT_THAT(search(*store_, question("ocean")), IsEmpty());
}

TEST_P(MemoryConformance, AHitTellsWhyItIsOne) {
  Memory memory = fact(1, "Ann likes tea");
  memory.embedding = embedding({1, 2});
  put(*store_, memory);
  MemoryQuery query = question("tea");
  query.embedding = embedding({2, 4});
  const auto hits = search(*store_, query);
  ASSERT_EQ(hits.size(), 1U);
  memory.embedding.reset();
  EXPECT_EQ(hits[0].memory, memory);
  EXPECT_EQ(hits[0].text_rank, 1U);
  EXPECT_EQ(hits[0].vector_rank, 1U);
  EXPECT_DOUBLE_EQ(hits[0].score, 2.25 / 61);
  EXPECT_EQ(hits[0].tokens, 4U);  // of 13 bytes
}

TEST_P(MemoryConformance, TextIsNoSyntax) {
  put(*store_, fact(1, "one two three"));
  put(*store_, fact(2, "text near and or not"));
  for (const char* text : {"\"",
                           "\"\"",
                           "one\"",
                           "\"one",
                           "one AND",
                           "AND one",
                           "one OR",
                           "NEAR(one",
                           "one*",
                           "*one",
                           "^one",
                           "text:one",
                           "{text}: one",
                           "one + two",
                           "one - two",
                           "-one",
                           "(one",
                           "one)",
                           "'one",
                           "one; DROP TABLE memory",
                           "one--",
                           "one\\",
                           "%one_",
                           "memory_words:one",
                           "rank one",
                           "one\n\ttwo",
                           "\u201cone\u201d",
                           "one\u2014"}) {
    const auto hits = await(store_->search(question(text)));
    EXPECT_TRUE(hits) << text << ": " << hits.error().message;
    if (hits && std::string(text).find("one") != std::string::npos) {
      EXPECT_THAT(numbers_of(*hits), ::testing::Contains(1U)) << text;
    }
  }
  EXPECT_THAT(numbers_of(search(*store_, question("NOT"))), ElementsAre(2U)) << "an operator is a word too";
  EXPECT_THAT(numbers_of(search(*store_, question(std::string("\0one\0", 5)))), ElementsAre(1U));
  EXPECT_THAT(search(*store_, question(std::string(200'000, 'x'))), IsEmpty());
}

TEST_P(MemoryConformance, PunctuationAloneAsksForTheNewest) {
  put(*store_, fact(1, "one"));
  put(*store_, fact(2, "two"));
  for (const char* text : {"", " \t\n", "?!", "\"", "\u2014 \u2026", "\u00a0"}) {
    EXPECT_THAT(numbers_of(search(*store_, question(text))), ElementsAre(2U, 1U)) << text;
  }
}

TEST_P(MemoryConformance, WordsCountUpToABound) {
  put(*store_, fact(1, "early"));
  put(*store_, fact(2, "late"));
  std::string text = "early";
  for (int i = 0; i < 63; ++i) text += " w" + std::to_string(i);
  EXPECT_THAT(numbers_of(search(*store_, question(text + " late"))), ElementsAre(1U));
  EXPECT_THAT(numbers_of(search(*store_, question("early early " + text.substr(0, text.rfind(' ')) + " late"))),
              UnorderedElementsAre(1U, 2U))
      << "the same word again is no further one";
}

TEST_P(MemoryConformance, NothingOfAnotherUserIsFound) {
  const std::vector<std::string> users{"", "ann", "Ann", "ann ", "an", "\u00e4nn", std::string("ann\0", 4), "ann'"};
  for (std::size_t i = 0; i < users.size(); ++i) {
    Memory memory = fact(i, "the secret word");
    memory.user = users[i];
    memory.embedding = embedding({1, static_cast<float>(i)});
    put(*store_, memory);
  }
  for (std::size_t i = 0; i < users.size(); ++i) {
    for (const bool has_text : {false, true}) {
      for (const bool has_vector : {false, true}) {
        MemoryQuery query = question(has_text ? "secret" : "");
        query.user = users[i];
        if (has_vector) query.embedding = embedding({1, 1});
        EXPECT_THAT(numbers_of(search(*store_, query)), ElementsAre(i)) << has_text << has_vector;
      }
    }
  }
}

TEST_P(MemoryConformance, LanesAndSessionsNarrowTheSearch) {
  std::vector<Memory> memories{fact(1, "tea"), note(2, "tea"), fact(3, "tea"), note(4, "tea")};
  memories[2].lane = MemoryLane::episodic;
  memories[3].session_id = session_id(2);
  for (Memory& memory : memories) {
    memory.embedding = embedding({1});
    put(*store_, memory);
  }
  const auto found = [&](std::vector<MemoryLane> lanes, std::optional<SessionId> session) {
    std::vector<std::uint64_t> first;
    for (const char* text : {"tea", ""}) {
      for (const bool has_vector : {false, true}) {
        MemoryQuery query = question(text);
        query.lanes = lanes;
        query.session_id = session;
        if (has_vector) query.embedding = embedding({1});
        auto numbers = numbers_of(search(*store_, query));
        std::ranges::sort(numbers);
        if (text == std::string("tea") && !has_vector) first = numbers;
        EXPECT_EQ(numbers, first) << text << has_vector;
      }
    }
    return first;
  };
  EXPECT_THAT(found({}, std::nullopt), ElementsAre(1U, 2U, 3U, 4U));
  EXPECT_THAT(found({MemoryLane::working}, std::nullopt), ElementsAre(2U, 4U));
  EXPECT_THAT(found({MemoryLane::semantic, MemoryLane::episodic, MemoryLane::semantic}, std::nullopt),
              ElementsAre(1U, 3U));
  EXPECT_THAT(found({}, session_id(2)), ElementsAre(4U));
  EXPECT_THAT(found({MemoryLane::semantic}, session_id(2)), IsEmpty());
}

TEST_P(MemoryConformance, MeaningIsTheAngleWithinOneModel) {
  const auto with = [](std::uint64_t number, Embedding vector) {
    Memory memory = fact(number, "text");
    memory.embedding = std::move(vector);
    return memory;
  };
  put(*store_, with(1, embedding({1, 1})));
  put(*store_, with(2, embedding({200, 20})));
  put(*store_, with(3, embedding({-1e-20F, 0})));
  put(*store_, with(4, embedding({1, 0}, "other/model")));
  put(*store_, with(5, embedding({1, 0, 0})));
  put(*store_, fact(6, "text"));
  MemoryQuery query = question("");
  query.embedding = embedding({1e20F, 0});
  const auto hits = search(*store_, query);
  EXPECT_THAT(numbers_of(hits), ElementsAre(2U, 1U, 3U));
  for (std::size_t i = 0; i < hits.size(); ++i) {
    EXPECT_EQ(hits[i].vector_rank, i + 1);
    EXPECT_EQ(hits[i].text_rank, std::nullopt);
  }
  query.embedding = embedding({1, 0}, "a/third");
  EXPECT_THAT(search(*store_, query), IsEmpty());
}

TEST_P(MemoryConformance, WordsMeaningAndAgeAreFused) {
  // 1 is first by words, 3 is first by meaning, 2 is second by both: together it is the best.
  const std::vector<std::pair<std::string, std::vector<float>>> content{
      {"tea tea tea", {0, 1}}, {"tea and a long text on other things", {1, 0.5F}}, {"coffee", {1, 0}}};
  for (std::size_t i = 0; i < content.size(); ++i) {
    Memory memory = fact(i + 1, content[i].first);
    memory.embedding = embedding(content[i].second);
    put(*store_, memory);
  }
  MemoryQuery query = question("tea");
  query.embedding = embedding({1, 0});
  const auto hits = search(*store_, query);
  ASSERT_THAT(numbers_of(hits), ElementsAre(2U, 1U, 3U));
  EXPECT_DOUBLE_EQ(hits[0].score, 1.0 / 62 + 1.0 / 62 + 0.25 / 62);
  EXPECT_DOUBLE_EQ(hits[1].score, 1.0 / 61 + 1.0 / 63 + 0.25 / 63);
  EXPECT_DOUBLE_EQ(hits[2].score, 1.0 / 61 + 0.25 / 61);
  EXPECT_EQ(hits[2].text_rank, std::nullopt);
}

TEST_P(MemoryConformance, OfEqualWordsTheNewerIsFirst) {
  for (const std::uint64_t i : {2U, 3U, 1U}) put(*store_, fact(i, "tea"));
  EXPECT_THAT(numbers_of(search(*store_, question("tea"))), ElementsAre(3U, 2U, 1U));
}

TEST_P(MemoryConformance, TheNewestComeFirstAndTheFutureIsNow) {
  const std::vector<std::int64_t> times{50, 70, 70, 90, 2'000, 3'000};
  for (std::size_t i = 0; i < times.size(); ++i) {
    Memory memory = fact(i, "x");
    memory.created_at = {times[i]};
    put(*store_, memory);
  }
  MemoryQuery query = question("");
  query.now = {1'000};
  EXPECT_THAT(numbers_of(search(*store_, query)), ElementsAre(5U, 4U, 3U, 2U, 1U, 0U));
  query.now = {2'500};
  EXPECT_THAT(numbers_of(search(*store_, query)), ElementsAre(5U, 4U, 3U, 2U, 1U, 0U));
  query.now = {60};  // 1 to 5 are all made now: the greater id first
  query.limit = 3;
  const auto hits = search(*store_, query);
  EXPECT_THAT(numbers_of(hits), ElementsAre(5U, 4U, 3U));
  EXPECT_DOUBLE_EQ(hits[0].score, 0.25 / 61);
}

TEST_P(MemoryConformance, AListIsCutByNumberAndByTokens) {
  put(*store_, fact(3, "tea" + std::string(37, '.')));  // 10 tokens
  put(*store_, fact(2, "tea" + std::string(77, '.')));  // 20 tokens
  put(*store_, fact(1, "tea" + std::string(1, '.')));   // 1 token
  const auto found = [&](std::uint32_t limit, std::uint64_t tokens_max) {
    MemoryQuery query = question("tea");
    query.limit = limit;
    query.tokens_max = tokens_max;
    return numbers_of(search(*store_, query));
  };
  EXPECT_THAT(found(100, 0), ElementsAre(3U, 2U, 1U));
  EXPECT_THAT(found(2, 0), ElementsAre(3U, 2U));
  EXPECT_THAT(found(100, 31), ElementsAre(3U, 2U, 1U));
  EXPECT_THAT(found(100, 30), ElementsAre(3U, 2U));
  EXPECT_THAT(found(100, 29), ElementsAre(3U, 1U)) << "a long one hides nothing that is after it";
  EXPECT_THAT(found(100, 9), ElementsAre(1U));
  EXPECT_THAT(found(100, 0), ElementsAre(3U, 2U, 1U));
}

TEST_P(MemoryConformance, MoreThanAHundredAreRankedAndNoMoreAreGiven) {
  for (std::uint64_t i = 0; i < 130; ++i) {
    Memory memory = fact(i, i < 20 ? "tea tea tea" : "tea and other things");
    memory.embedding = embedding({1, static_cast<float>(i)});
    put(*store_, memory);
  }
  MemoryQuery query = question("tea");
  query.limit = 100;
  auto hits = search(*store_, query);
  ASSERT_EQ(hits.size(), 100U);
  EXPECT_EQ(numbers_of(hits)[0], 19U);
  query.text = "";
  query.embedding = embedding({1, 0});
  hits = search(*store_, query);
  ASSERT_EQ(hits.size(), 100U);
  EXPECT_EQ(numbers_of(hits)[0], 0U);
  query.embedding.reset();
  hits = search(*store_, query);
  ASSERT_EQ(hits.size(), 100U);
  EXPECT_EQ(numbers_of(hits)[0], 129U);
  EXPECT_EQ(numbers_of(hits)[99], 30U);
  query.now = {0};  // all but one of them made later, and so now: by their ids
  hits = search(*store_, query);
  ASSERT_EQ(hits.size(), 100U);
  EXPECT_EQ(numbers_of(hits)[0], 129U);
  EXPECT_EQ(numbers_of(hits)[99], 30U);
}

}  // namespace
}  // namespace orchestrator::harness::memory::testing
