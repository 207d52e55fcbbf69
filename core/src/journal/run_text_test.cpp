// SPDX-License-Identifier: Apache-2.0
// Goal: a search finds what holds all its words and shows where; texts are cut, not lost. Method: texts as given.

#include "journal/run_text.hpp"

#include <gmock/gmock.h>

#include "journal/testing/run_lines.hpp"

namespace orchestrator::harness::journal::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::StartsWith;

std::string hit(const RunText& text, const std::string& words) {
  const auto found = find_words(text, search_words(words).value());
  if (!found) return "none";
  return (found->place == RunHit::Place::input ? "input: " : "output: ") + found->excerpt;
}

TEST(RunTextSearch, WordsAreSplitAndLowered) {
  EXPECT_THAT(search_words("  Two\tWORDS\nhere \xC3\x84 ").value(), ElementsAre("two", "words", "here", "\xC3\x84"));
  EXPECT_EQ(search_words(" \n").error().code, "invalid_argument");
  EXPECT_EQ(search_words(std::string(257, 'x')).error().code, "invalid_argument");
  std::string many;
  for (int i = 0; i < 17; ++i) many += "w ";
  EXPECT_EQ(search_words(many).error().code, "invalid_argument");
}

TEST(RunTextSearch, EachWordMayBeInEither) {
  const RunText text{"What is the Capital of France?", "It is Paris."};
  EXPECT_THAT(hit(text, "capital"), StartsWith("input: What is the Capital"));
  EXPECT_THAT(hit(text, "PARIS france"), StartsWith("output: It is Paris."));
  EXPECT_THAT(hit(text, "pari"), HasSubstr("Paris")) << "anywhere in a word";
  EXPECT_EQ(hit(text, "paris rome"), "none");
  EXPECT_EQ(hit(text, "ParisX"), "none");
}

TEST(RunTextSearch, AnExcerptIsShortAndOfWholeCharacters) {
  std::string umlauts;
  for (int i = 0; i < 200; ++i) umlauts += "\xC3\xA4";
  const RunText text{umlauts + " needle\n" + umlauts, ""};
  const std::string shown = hit(text, "needle");
  EXPECT_LE(shown.size(), 7 + 160U);
  EXPECT_THAT(shown, HasSubstr(" needle "));
  EXPECT_EQ(static_cast<unsigned char>(shown[7]), 0xC3) << "begins with a character";
}

TEST(RunTextSearch, TheTextIsThatOfTheFirstAndTheLastEvent) {
  RunLines lines(run_id(1), session_id(1));
  const auto first = lines.start("Name a town");
  EXPECT_EQ(run_text(first->bytes, first->bytes).input, "Name a town");
  EXPECT_EQ(run_text(first->bytes, lines.delta()->bytes).output, "");
  EXPECT_EQ(run_text(first->bytes, lines.completed("Paris.")->bytes).output, "Paris.");
  EXPECT_EQ(run_text("no line", "").input, "");
  RunLines other(run_id(2), session_id(1));
  const std::string long_text((256 << 10) + 100, 'x');
  EXPECT_EQ(run_text(other.start(long_text)->bytes, "").input.size(), 256U << 10);
}

}  // namespace
}  // namespace orchestrator::harness::journal::testing
