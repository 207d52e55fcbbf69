// SPDX-License-Identifier: Apache-2.0
// Goal: counts are those of the reference, for any text, and no text takes long. Method: texts with the reference's own
// tokens, random texts that must come back whole, and pieces of a million bytes, whose time shows only in that the
// suite ends. Skipped where the rank files could not be fetched.

#include <gtest/gtest.h>

#include <rapidcheck.h>

#include <thread>

#include "codec/lossy_utf8.hpp"
#include "orchestrator/harness/token_counter.hpp"
#include "tokens/testing/token_vectors.hpp"

namespace orchestrator::harness::tokens::testing {
namespace {

class TokenCounterTest : public ::testing::TestWithParam<const char*> {
 protected:
  void SetUp() override {
    auto loaded = load_token_counter(GetParam(), rank_folder());
    if (!loaded && loaded.error().message.contains("No such file")) {
      GTEST_SKIP() << loaded.error().message << "; tools/dev/encodings.sh ensure fetches it";
    }
    ASSERT_TRUE(loaded) << loaded.error().message;
    counter_ = *loaded;
  }

  std::shared_ptr<const TokenCounter> counter_;
};

std::string times(std::size_t count, std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < count; ++i) out += text;
  return out;
}

TEST_P(TokenCounterTest, GivesTheTokensOfTheReference) {
  EXPECT_EQ(counter_->encoding(), GetParam());
  for (const TokenVector& vector : token_vectors(GetParam())) {
    EXPECT_EQ(counter_->encode(vector.text), vector.tokens) << "'" << vector.text << "'";
    EXPECT_EQ(counter_->count(vector.text), vector.tokens.size()) << "'" << vector.text << "'";
    EXPECT_EQ(counter_->decode(vector.tokens), vector.text);
  }
}

TEST_P(TokenCounterTest, TextsComeBackWhole) {
  const bool holds = rc::check("decode(encode(x)) is x, but for what is no UTF-8", [this](const std::string& bytes) {
    std::string text;
    codec::append_lossy_utf8(text, bytes);
    const auto tokens = counter_->encode(bytes);
    RC_ASSERT(counter_->decode(tokens).value() == text);
    RC_ASSERT(counter_->count(bytes) == tokens.size());
    RC_ASSERT(tokens == counter_->encode(text));
  });
  EXPECT_TRUE(holds);
}

TEST_P(TokenCounterTest, IllFormedBytesAreReplacementCharacters) {
  EXPECT_EQ(counter_->encode("a\xFFz"), counter_->encode("a\xEF\xBF\xBDz"));
  // Half of a surrogate pair, and a character that is cut short.
  EXPECT_EQ(counter_->encode("\xED\xA0\x80"), counter_->encode("\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD"));
  EXPECT_EQ(counter_->encode("\xF0\x9F\x91"), counter_->encode("\xEF\xBF\xBD"));
}

// A number that looks through all pairs for each merge would take hours here.
TEST_P(TokenCounterTest, PiecesOfAMillionBytesEnd) {
  EXPECT_EQ(counter_->count(times(1U << 20U, "a")), 131'072U);
  EXPECT_EQ(counter_->count(times(1U << 20U, " ")), 8'192U);
  const std::string emoji = times(1U << 16U, "👨‍👩‍👧");
  EXPECT_EQ(counter_->decode(counter_->encode(emoji)), emoji);
}

TEST_P(TokenCounterTest, ThreadsShareOne) {
  const auto vectors = token_vectors(GetParam());
  std::vector<std::uint64_t> wrong(4, 0);
  {
    std::vector<std::jthread> threads;
    for (std::uint64_t& own : wrong) {
      threads.emplace_back([this, &vectors, &own] {
        for (const TokenVector& vector : vectors) own += counter_->encode(vector.text) == vector.tokens ? 0U : 1U;
      });
    }
  }
  EXPECT_EQ(wrong, std::vector<std::uint64_t>(4, 0));
}

TEST_P(TokenCounterTest, OtherNumbersAreNoTokens) {
  const std::vector<TokenId> special{200'000};
  const auto decoded = counter_->decode(special);
  ASSERT_FALSE(decoded);
  EXPECT_EQ(decoded.error().code, "invalid_argument");
  EXPECT_TRUE(decoded.error().message.starts_with("200000 is no token of ")) << decoded.error().message;
}

INSTANTIATE_TEST_SUITE_P(Encodings, TokenCounterTest, ::testing::Values("o200k_base", "cl100k_base"),
                         [](const auto& info) { return std::string(info.param); });

TEST(LoadTokenCounter, SaysWhatIsMissing) {
  const auto unknown = load_token_counter("p50k_base", rank_folder());
  ASSERT_FALSE(unknown);
  EXPECT_EQ(unknown.error().code, "invalid_argument");
  EXPECT_EQ(unknown.error().message, "there is no encoding 'p50k_base' here, only o200k_base, cl100k_base");
  const auto absent = load_token_counter("o200k_base", "/nowhere");
  ASSERT_FALSE(absent);
  EXPECT_EQ(absent.error().code, "configuration_invalid");
  EXPECT_EQ(absent.error().message,
            "the rank file /nowhere/o200k_base.tiktoken cannot be read: No such file or directory");
}

}  // namespace
}  // namespace orchestrator::harness::tokens::testing
