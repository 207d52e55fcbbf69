// SPDX-License-Identifier: Apache-2.0
// Goal: a question's words are what Unicode says, each once, and never syntax. Method: texts whose words are known.

#include "memory/query_words.hpp"

#include <gmock/gmock.h>

namespace orchestrator::harness::memory {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class QueryWords : public ::testing::Test {
 protected:
  std::vector<std::string> words_of(std::string_view text) {
    auto words = query_words(*connection_, text);
    EXPECT_TRUE(words) << words.error().message;
    return words.value_or(std::vector<std::string>());
  }

  std::unique_ptr<storage::SqliteConnection> connection_ =
      storage::SqliteConnection::open({.path = storage::kInMemory}).value();
};

TEST_F(QueryWords, AreFoldedAndComeOnce) {
  EXPECT_THAT(words_of("Running, running \u2014 R\u00daNNING!"), ElementsAre("running"));
  EXPECT_THAT(words_of("the user's c++ code_v2"), ElementsAre("the", "user", "s", "c", "code", "v2"));
  EXPECT_THAT(words_of("\u00c5ngstr\u00f6m \u6771\u4eac 42"), ElementsAre("angstrom", "\u6771\u4eac", "42"));
}

TEST_F(QueryWords, OfPunctuationAreNone) {
  for (const char* text : {"", " ", "?!\"'()*:^-+", "\u2014\u2026\u201c\u201d\u00a0", "\U0001F600"}) {
    EXPECT_THAT(words_of(text), IsEmpty()) << text;
  }
}

TEST_F(QueryWords, AreBounded) {
  std::string text;
  for (int i = 0; i < 100; ++i) text += "w" + std::to_string(i) + " w0 ";
  const auto words = words_of(text);
  ASSERT_EQ(words.size(), kQueryWordsMax);
  EXPECT_EQ(words.back(), "w63");
}

TEST(MatchExpression, QuotesEveryWord) {
  EXPECT_EQ(match_expression({}), "");
  EXPECT_EQ(match_expression({"or"}), "\"or\"");
  EXPECT_EQ(match_expression({"a\"b", "near"}), "\"a\"\"b\" OR \"near\"");
}

}  // namespace
}  // namespace orchestrator::harness::memory
