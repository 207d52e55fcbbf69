// SPDX-License-Identifier: Apache-2.0
// Goal: ids have one text form, which sorts like their time, and nothing else parses. Method: known values of the
// ULID and SHA-256 specifications, near misses, and round trips of random ids.

#include "orchestrator/harness/ids.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace orchestrator::harness {
namespace {

TEST(UlidId, EncodesTimeAndEntropyAsTheSpecificationSays) {
  // 2016-07-30T23:54:10.259Z is 01ARYZ6S41 in the ULID specification; the entropy counts up from 1.
  EXPECT_EQ(RunId::make(1'469'922'850'259, 0, 1).str(), "run_01ARZ3NDEK0000000000000001");
  EXPECT_EQ(RunId::make((1ULL << 48) - 1, 0xFFFF, ~0ULL).str(), "run_7ZZZZZZZZZZZZZZZZZZZZZZZZZ");
}

TEST(UlidId, KeepsWithin48BitsOfTime) { EXPECT_EQ(RunId::make(1ULL << 48, 0, 0), RunId::make(0, 0, 0)); }

TEST(UlidId, DefaultIsZeroAndReadsBack) {
  EXPECT_TRUE(RunId().is_zero());
  EXPECT_EQ(RunId::parse(RunId().str()), RunId());
  EXPECT_FALSE(RunId::make(1, 0, 0).is_zero());
}

TEST(UlidId, ReadsEitherCase) {
  const auto id = RunId::parse("run_01arz3ndektsv4rrffq69g5fav");
  ASSERT_TRUE(id);
  EXPECT_EQ(id->str(), "run_01ARZ3NDEKTSV4RRFFQ69G5FAV");
}

TEST(UlidId, RefusesEverythingElse) {
  for (const std::string_view text :
       {"", "run_", "01ARZ3NDEKTSV4RRFFQ69G5FAV", "ses_01ARZ3NDEKTSV4RRFFQ69G5FAV", "run_01ARZ3NDEKTSV4RRFFQ69G5FA",
        "run_01ARZ3NDEKTSV4RRFFQ69G5FAVV", "run_81ARZ3NDEKTSV4RRFFQ69G5FAV", "run_01ARZ3NDEKTSV4RRFFQ69G5FAI",
        "run_01ARZ3NDEKTSV4RRFFQ69G5FAU", "run_../../../../../etc/passwd", "RUN_01ARZ3NDEKTSV4RRFFQ69G5FAV"}) {
    EXPECT_FALSE(RunId::parse(text)) << text;
  }
}

RC_GTEST_PROP(UlidId, RoundTripsAndSortsLikeTime, (std::uint64_t time, std::uint64_t high, std::uint64_t low)) {
  constexpr std::uint64_t kMask = (1ULL << 48) - 1;
  const SessionId id = SessionId::make(time, high, low);
  RC_ASSERT(SessionId::parse(id.str()) == id);
  const auto other_time = *rc::gen::arbitrary<std::uint64_t>() & kMask;
  RC_PRE(other_time != (time & kMask));
  RC_ASSERT((SessionId::make(other_time, low, high) < id) == (other_time < (time & kMask)));
}

TEST(HexId, ShowsLowerCaseAndReadsEither) {
  const auto id = SpanId::parse("00F067aa0ba902B7");
  ASSERT_TRUE(id);
  EXPECT_EQ(id->str(), "00f067aa0ba902b7");
}

TEST(HexId, RefusesOtherLengthsAndLetters) {
  for (const std::string_view text :
       {"", "00f067aa0ba902b", "00f067aa0ba902b7a", "00f067aa0ba902bg", "0x0067aa0ba902b7"}) {
    EXPECT_FALSE(SpanId::parse(text)) << text;
  }
}

TEST(Sha256, MatchesTheStandardsExamples) {
  EXPECT_EQ(sha256("").str(), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(sha256("abc").str(), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

TEST(ProviderId, TakesShortLowerCaseNamesOnly) {
  EXPECT_TRUE(ProviderId::parse("openai"));
  EXPECT_TRUE(ProviderId::parse("a-1_b"));
  EXPECT_TRUE(ProviderId::parse(std::string(64, 'a')));
  for (const std::string& text : {std::string(), std::string(65, 'a'), std::string("1a"), std::string("-a"),
                                  std::string("OpenAI"), std::string("a/b"), std::string("a b")}) {
    EXPECT_FALSE(ProviderId::parse(text)) << text;
  }
}

}  // namespace
}  // namespace orchestrator::harness
