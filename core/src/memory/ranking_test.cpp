// SPDX-License-Identifier: Apache-2.0
// Goal: candidates are ordered by reciprocal rank fusion as `memory.hpp` defines it. Method: small cases by hand, and
// random rankings against the definition, written down once more.

#include "memory/ranking.hpp"

#include <gmock/gmock.h>
#include <rapidcheck.h>

#include <algorithm>
#include <limits>

#include "memory/testing/memory_conformance.hpp"

namespace orchestrator::harness::memory::testing {
namespace {

using ::testing::ElementsAre;

constexpr WallTime kNow{1'000};

Candidate candidate(std::int64_t number, std::int64_t created_us) {
  return {number, memory_id(static_cast<std::uint64_t>(number)), {created_us}};
}

std::vector<std::int64_t> order_of(const Rankings& rankings, WallTime now = kNow) {
  std::vector<std::int64_t> numbers;
  for (const RankedCandidate& one : fuse(rankings, now)) numbers.push_back(one.candidate.number);
  return numbers;
}

TEST(Ranking, OfNothingIsNothing) { EXPECT_TRUE(fuse({}, kNow).empty()); }

TEST(Ranking, BothListsTogetherBeatOne) {
  const auto a = candidate(1, 10);
  const auto b = candidate(2, 10);
  const auto c = candidate(3, 10);
  EXPECT_THAT(order_of({.by_text = {a, b}, .by_vector = {c, b}}), ElementsAre(2, 3, 1));
}

TEST(Ranking, AgeDecidesAmongOthersAndIsNoMoreThanAQuarter) {
  const auto older = candidate(1, 10);
  const auto newer = candidate(2, 20);
  EXPECT_THAT(order_of({.others = {older, newer}}), ElementsAre(2, 1));
  EXPECT_THAT(order_of({.by_text = {older, newer}}), ElementsAre(1, 2)) << "one rank of words counts more";
  std::vector<Candidate> many;
  for (std::int64_t i = 0; i < 100; ++i) many.push_back(candidate(i, i));
  EXPECT_EQ(order_of({.by_text = {many[0]}, .others = many})[0], 0) << "a hit counts more than any age";
}

TEST(Ranking, OfEqualsTheNewerThenTheGreaterId) {
  EXPECT_THAT(order_of({.others = {candidate(1, 10), candidate(3, 10), candidate(2, 10)}}), ElementsAre(3, 2, 1));
  // Ranks that mirror each other give equal scores but for age.
  const auto a = candidate(1, 10);
  const auto b = candidate(2, 10);
  const auto hits = fuse({.by_text = {a, b}, .by_vector = {b, a}}, kNow);
  EXPECT_THAT(order_of({.by_text = {a, b}, .by_vector = {b, a}}), ElementsAre(2, 1));
  EXPECT_EQ(hits[0].vector_rank, 1U);
  EXPECT_EQ(hits[0].text_rank, 2U);
}

TEST(Ranking, TheFutureIsNow) {
  EXPECT_THAT(order_of({.others = {candidate(2, 5'000), candidate(3, 2'000)}}), ElementsAre(3, 2));
  EXPECT_THAT(order_of({.others = {candidate(2, 5'000), candidate(3, 2'000)}}, WallTime{9'000}), ElementsAre(2, 3));
}

// The definition, rank by rank, with loops and nothing else.
double naive_score(const Rankings& rankings, const std::vector<Candidate>& all, const Candidate& one) {
  double score = 0;
  for (std::size_t i = 0; i < rankings.by_text.size(); ++i) {
    if (rankings.by_text[i] == one) score += 1.0 / (60.0 + static_cast<double>(i) + 1.0);
  }
  for (std::size_t i = 0; i < rankings.by_vector.size(); ++i) {
    if (rankings.by_vector[i] == one) score += 1.0 / (60.0 + static_cast<double>(i) + 1.0);
  }
  double age_rank = 1;
  for (const Candidate& other : all) {
    const auto mine = std::min(one.created_at, kNow);
    const auto theirs = std::min(other.created_at, kNow);
    if (theirs > mine || (theirs == mine && other.id > one.id)) age_rank += 1;
  }
  return score + 0.25 / (60.0 + age_rank);
}

TEST(Ranking, MatchesItsDefinition) {
  const bool holds = rc::check([] {
    std::vector<Candidate> all;
    for (int i = *rc::gen::inRange(0, 12); i > 0; --i) {
      all.push_back(candidate(i, *rc::gen::element<std::int64_t>(1, 2, 3, 2'000)));
    }
    Rankings rankings;
    const auto some = [&] {
      std::vector<Candidate> list;
      for (const Candidate& one : all) {
        if (!*rc::gen::arbitrary<bool>()) continue;
        const auto at = *rc::gen::inRange<std::ptrdiff_t>(0, static_cast<std::ptrdiff_t>(list.size()) + 1);
        list.insert(list.begin() + at, one);
      }
      return list;
    };
    rankings.by_text = some();
    rankings.by_vector = some();
    rankings.others = all;
    const auto ranked = fuse(rankings, kNow);
    RC_ASSERT(ranked.size() == all.size());
    for (std::size_t i = 0; i < ranked.size(); ++i) {
      RC_ASSERT(std::abs(ranked[i].score - naive_score(rankings, all, ranked[i].candidate)) < 1e-12);
      RC_ASSERT(ranked[i].text_rank.has_value() ==
                (std::ranges::find(rankings.by_text, ranked[i].candidate) != rankings.by_text.end()));
      if (i > 0) RC_ASSERT(ranked[i - 1].score >= ranked[i].score);
    }
  });
  EXPECT_TRUE(holds);
}

}  // namespace
}  // namespace orchestrator::harness::memory::testing
