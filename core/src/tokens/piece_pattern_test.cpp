// SPDX-License-Identifier: Apache-2.0
// Goal: the patterns cut texts where the encodings do, and nothing is left out. Method: texts with their pieces.

#include <gtest/gtest.h>

#include "tokens/encoding.hpp"
#include "tokens/piece_pattern.hpp"

namespace orchestrator::harness::tokens {
namespace {

using Pieces = std::vector<std::string>;

Pieces cut_by(const std::string& pattern, std::string_view text) {
  const auto compiled = PiecePattern::compile(pattern);
  EXPECT_TRUE(compiled) << compiled.error().message << " " << compiled.error().at;
  Pieces pieces;
  PieceCursor cursor(*compiled, text);
  for (auto piece = cursor.next(); !piece.empty(); piece = cursor.next()) pieces.emplace_back(piece);
  return pieces;
}

Pieces o200k(std::string_view text) { return cut_by(compiled_form(find_encoding("o200k_base")->pattern), text); }
Pieces cl100k(std::string_view text) { return cut_by(compiled_form(find_encoding("cl100k_base")->pattern), text); }

TEST(PiecePattern, WordsNumbersAndSpace) {
  EXPECT_EQ(o200k("It's 12345  camelCase!\r\n\n x "),
            (Pieces{"It's", " ", "123", "45", " ", " camel", "Case", "!\r\n\n", " x", " "}));
  EXPECT_EQ(cl100k("It's 12345  camelCase!\r\n\n x "),
            (Pieces{"It", "'s", " ", "123", "45", " ", " camelCase", "!\r\n\n", " x", " "}));
  EXPECT_EQ(o200k("a //\n/b"), (Pieces{"a", " //\n/", "b"}));
  EXPECT_EQ(cl100k("a //\n/b"), (Pieces{"a", " //\n", "/b"}));
  EXPECT_TRUE(o200k("").empty());
}

TEST(PiecePattern, SpaceIsWhatUnicodeCallsSo) {
  // The last one stays with what follows, as far as that takes it.
  EXPECT_EQ(o200k("\xC2\xA0\xE3\x80\x80\xC2\x85!"), (Pieces{"\xC2\xA0\xE3\x80\x80", "\xC2\x85", "!"}));
  // Once a space to Unicode, U+180E begins a word like any other sign.
  EXPECT_EQ(o200k(" \xE1\xA0\x8E!"), (Pieces{" \xE1\xA0\x8E!"}));
}

TEST(PiecePattern, CharactersOfUnicodeSixteenAreKnown) {
  EXPECT_EQ(o200k("\U00031350's"), Pieces{"\U00031350's"});  // a letter since 15.0
  EXPECT_EQ(o200k("1\U0001D2C02"
                  "3"),
            (Pieces{"1\U0001D2C02", "3"}));                                        // a number since 15.0
  EXPECT_EQ(o200k("\U00010D70\U00010D50"), (Pieces{"\U00010D70", "\U00010D50"}));  // small and large since 16.0
}

TEST(PiecePattern, WhatNoPatternTakesIsItsOwnPiece) {
  EXPECT_EQ(cut_by("[a]+", "aaéb"), (Pieces{"aa", "é", "b"}));
  // Far more steps than any text of this length is granted; the text is all there nevertheless.
  const std::string text(40, 'a');
  std::string joined;
  for (const std::string& piece : cut_by("(?:a+)+[bc]", text)) joined += piece;
  EXPECT_EQ(joined, text);
}

TEST(PiecePattern, ABrokenPatternIsNamed) {
  const auto compiled = PiecePattern::compile("a(b");
  ASSERT_FALSE(compiled);
  EXPECT_EQ(compiled.error().code, "internal");
  EXPECT_EQ(compiled.error().at, "pattern:3");
}

}  // namespace
}  // namespace orchestrator::harness::tokens
