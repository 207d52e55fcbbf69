// SPDX-License-Identifier: Apache-2.0
// Goal: patterns and keywords are found where their author means them, from any place on. Method: tables.
#include "codec/gates/text_patterns.hpp"

#include <gtest/gtest.h>

#include <string>

namespace orchestrator::harness::codec {
namespace {

using Found = std::optional<TextSpan>;

Found find(const KeywordCheck& check, std::string_view text, std::size_t from = 0) {
  return TextPatterns::compile(check).value().find(text, from);
}
Found find(const PatternCheck& check, std::string_view text, std::size_t from = 0) {
  return TextPatterns::compile(check).value().find(text, from);
}
std::string error_of(const PatternCheck& check) {
  const auto compiled = TextPatterns::compile(check);
  return compiled ? "" : compiled.error().at + ": " + compiled.error().message;
}
std::string error_of(const KeywordCheck& check) {
  const auto compiled = TextPatterns::compile(check);
  return compiled ? "" : compiled.error().at + ": " + compiled.error().message;
}

TEST(Keywords, AreWholeWordsInAnyCase) {
  const KeywordCheck check{{"rm -rf", "Über", "C++"}};
  EXPECT_EQ(find(check, "then RM -RF /"), Found({5, 11}));
  EXPECT_EQ(find(check, "die ÜBER x"), Found({4, 9}));
  EXPECT_EQ(find(check, "überall"), std::nullopt);
  EXPECT_EQ(find(check, "(c++)"), Found({1, 4}));
  EXPECT_EQ(find(check, "xrm -rf"), std::nullopt);
  EXPECT_EQ(find(check, "rm -rf"), Found({0, 6}));
  EXPECT_EQ(find(KeywordCheck{{"foo ba", "foo"}}, "foo bar"), Found({0, 3}))
      << "the shorter one, where the longer does not end";
}

TEST(Keywords, AreFoundFromAPlaceOn) {
  const KeywordCheck check{{"foo"}};
  EXPECT_EQ(find(check, "foo foo", 1), Found({4, 7}));
  EXPECT_EQ(find(check, "foo foo", 4), Found({4, 7})) << "the space before belongs to its surroundings";
  EXPECT_EQ(find(check, "xfoo", 1), std::nullopt);
  EXPECT_EQ(find(KeywordCheck{{"k", "-k"}}, "k-k", 1), Found({2, 3})) << "and never one before the place";
  EXPECT_EQ(find(check, "éfoo", 2), std::nullopt);
  EXPECT_EQ(find(check, "foo", 3), std::nullopt);
}

TEST(Keywords, MayBePartsOfWordsAndKeepTheirCase) {
  EXPECT_EQ(find(KeywordCheck{.keywords = {"oo"}, .whole_words = false}, "foo"), Found({1, 3}));
  EXPECT_EQ(find(KeywordCheck{.keywords = {"OO"}, .ignore_case = false, .whole_words = false}, "foo"), std::nullopt);
}

TEST(Patterns, AreFoundWithTheirSurroundings) {
  EXPECT_EQ(find(PatternCheck{.patterns = {"a+", "b"}}, "xxbaa"), Found({2, 3}));
  EXPECT_EQ(find(PatternCheck{.patterns = {R"(\bcat\b)"}}, "concat cat", 3), Found({7, 10}));
  EXPECT_EQ(find(PatternCheck{.patterns = {"^x"}}, "ax", 1), std::nullopt) << "the place is not the beginning";
  EXPECT_EQ(find(PatternCheck{.patterns = {"(a)(b)"}}, "xab"), Found({1, 3})) << "groups of the pattern's own";
  EXPECT_EQ(find(PatternCheck{.patterns = {"SECRET"}, .ignore_case = true}, "secret"), Found({0, 6}));
}

TEST(Patterns, ThatAreWrongAreNamed) {
  EXPECT_EQ(error_of(PatternCheck{}), "patterns: 0 patterns; 1 to 256 are allowed");
  EXPECT_EQ(error_of(PatternCheck{{"a", "(b"}}), "patterns[1]: is no pattern that RE2 takes: missing ): (b");
  EXPECT_EQ(error_of(PatternCheck{{"a*"}}), "patterns[0]: matches the empty text, which is everywhere");
  EXPECT_EQ(error_of(PatternCheck{{R"((a)\1)"}}).find("patterns[0]: is no pattern that RE2 takes"), 0U);
  EXPECT_EQ(error_of(PatternCheck{.patterns = {"a"}, .window_bytes = 0}), "window_bytes: 0; 1 to 4096 are allowed");
  EXPECT_EQ(error_of(KeywordCheck{{"a", ""}}), "keywords[1]: 0 bytes; 1 to 200 are allowed");
  EXPECT_EQ(error_of(KeywordCheck{{"\xFF"}}), "keywords[0]: is not valid UTF-8");
}

TEST(Patterns, TakeAThousandKeywordsAndATextOfAMegabyte) {
  KeywordCheck check;
  for (int i = 0; i < 1'000; ++i) check.keywords.push_back("keyword number " + std::to_string(i));
  const auto compiled = TextPatterns::compile(check);
  ASSERT_TRUE(compiled) << compiled.error().message;
  std::string text;
  while (text.size() < (1U << 20U)) text += "keyword numbers are keyword number x ";
  EXPECT_EQ(compiled->find(text, 0), std::nullopt);
  EXPECT_TRUE(compiled->find(text + "KEYWORD NUMBER 999", 0));
}

}  // namespace
}  // namespace orchestrator::harness::codec
