// SPDX-License-Identifier: Apache-2.0
// Goal: short and long pieces are merged by the one rule, whatever the table. Method: random tables and pieces, beside
// the rule written down literally.

#include <gtest/gtest.h>

#include <rapidcheck.h>

#include "tokens/byte_pairs.hpp"

namespace orchestrator::harness::tokens {
namespace {

using Parts = std::vector<std::string>;

// The rule: again and again the first of the pairs with the lowest rank.
std::vector<TokenId> merged_literally(const RankTable& table, const std::string& piece) {
  if (const TokenId whole = table.find(piece); whole != kNoToken) return {whole};
  Parts parts;
  for (const char byte : piece) parts.emplace_back(1, byte);
  while (true) {
    TokenId lowest = kNoToken;
    std::size_t place = 0;
    for (std::size_t i = 0; i + 1 < parts.size(); ++i) {
      const TokenId rank = table.find(parts[i] + parts[i + 1]);
      if (rank < lowest) {
        lowest = rank;
        place = i;
      }
    }
    if (lowest == kNoToken) break;
    parts[place] += parts[place + 1];
    parts.erase(parts.begin() + static_cast<std::ptrdiff_t>(place) + 1);
  }
  std::vector<TokenId> ids;
  for (const std::string& part : parts) ids.push_back(table.find(part));
  return ids;
}

std::string letters(std::size_t least, std::size_t most) {
  const auto size = *rc::gen::inRange(least, most + 1);
  return *rc::gen::container<std::string>(size, rc::gen::element('a', 'b', 'c'));
}

// Three letters and some words of them, most of which can be reached by merging.
RankTable some_table() {
  RankTable table(64);
  for (const char* letter : {"a", "b", "c"}) RC_ASSERT(table.add(letter));
  const auto words = *rc::gen::inRange(0, 40);
  for (int i = 0; i < words; ++i) {
    const auto left = *rc::gen::inRange<TokenId>(0, static_cast<TokenId>(table.size()));
    const auto right = *rc::gen::inRange<TokenId>(0, static_cast<TokenId>(table.size()));
    std::string word(table.bytes_of(left));
    word += table.bytes_of(right);
    if (word.size() <= 40 && !table.add(word)) continue;  // it was there
  }
  if (const std::string odd = letters(2, 9); table.find(odd) == kNoToken) RC_ASSERT(table.add(odd));
  return table;
}

TEST(BytePairs, FollowTheRule) {
  const bool holds = rc::check("merging gives what the rule gives, at all lengths", [] {
    const RankTable table = some_table();
    BytePairs pairs(table);
    for (const std::size_t most : {8U, 64U, 65U, 200U}) {  // up to 64 bytes are merged in another way than more
      const std::string piece = letters(most - most / 4, most);
      std::vector<TokenId> ids;
      const std::uint64_t count = pairs.tokens_of(piece, &ids);
      RC_ASSERT(ids == merged_literally(table, piece));
      RC_ASSERT(count == ids.size());
      RC_ASSERT(count == pairs.tokens_of(piece, nullptr));
    }
  });
  EXPECT_TRUE(holds);
}

TEST(BytePairs, APieceThatIsATokenIsOne) {
  RankTable table(4);
  for (const char* token : {"a", "b", "ba", "aba"}) ASSERT_TRUE(table.add(token));
  std::vector<TokenId> ids;
  BytePairs pairs(table);
  EXPECT_EQ(pairs.tokens_of("aba", &ids), 1U);
  EXPECT_EQ(ids, std::vector<TokenId>{3});
  EXPECT_EQ(pairs.tokens_of("", &ids), 0U);
}

TEST(RankTable, RefusesWhatItHasAndWhatIsTooMuch) {
  RankTable table(2);
  EXPECT_TRUE(table.add("a"));
  EXPECT_FALSE(table.add("a"));
  EXPECT_FALSE(table.add(""));
  EXPECT_TRUE(table.add(std::string(300, 'x')));
  EXPECT_EQ(table.find(std::string(300, 'x')), 1U);
  EXPECT_EQ(table.find(std::string(299, 'x') + "y"), kNoToken);
  EXPECT_FALSE(table.add("b"));
}

}  // namespace
}  // namespace orchestrator::harness::tokens
