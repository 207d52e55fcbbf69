// SPDX-License-Identifier: Apache-2.0
// Goal: a rank file is read whole or refused with its line. Method: a small file that is right, damaged in each way.

#include <gtest/gtest.h>

#include "codec/media_source.hpp"
#include "tokens/rank_file.hpp"

namespace orchestrator::harness::tokens {
namespace {

constexpr std::size_t kTokens = 258;

std::string line(std::string_view bytes, std::size_t rank) {
  std::string text;
  codec::append_base64(text, bytes);
  return text + " " + std::to_string(rank) + "\n";
}

// All single bytes, then `ab` and `abc`.
std::string small_file() {
  std::string text;
  for (unsigned byte = 0; byte < 256; ++byte) text += line(std::string(1, static_cast<char>(byte)), byte);
  return text + line("ab", 256) + line("abc", 257);
}

std::string replaced(std::string text, const std::string& old, const std::string& with) {
  return text.replace(text.find(old), old.size(), with);
}

// The message of the refusal, behind the file's name.
std::string refusal(const std::string& text, std::size_t tokens = kTokens) {
  const auto table = parse_rank_file(text, "ranks", tokens);
  if (table) return "accepted";
  EXPECT_EQ(table.error().code, "configuration_invalid");
  EXPECT_TRUE(table.error().at.starts_with("ranks")) << table.error().at;
  return table.error().message.substr(std::string("the rank file ").size());
}

TEST(RankFile, GivesEachTokenItsRank) {
  const std::string text = small_file();
  for (const std::string& form : {text, text.substr(0, text.size() - 1)}) {  // with a line end at its end and without
    const auto table = parse_rank_file(form, "ranks", kTokens);
    ASSERT_TRUE(table) << table.error().message;
    EXPECT_EQ(table->size(), kTokens);
    EXPECT_EQ(table->find("ab"), 256U);
    EXPECT_EQ(table->find('a', 'b'), 256U);
    EXPECT_EQ(table->find("abc"), 257U);
    EXPECT_EQ(table->find("bc"), kNoToken);
    EXPECT_EQ(table->find("abcd"), kNoToken);
    EXPECT_EQ(table->find('\0'), 0U);
    EXPECT_EQ(table->bytes_of(257), "abc");
  }
}

TEST(RankFile, DamageIsNamedWithItsLine) {
  const std::string text = small_file();
  EXPECT_EQ(refusal(replaced(text, "YWI= 256", "YWI=256")), "ranks:257 is not BASE64 RANK");
  EXPECT_EQ(refusal(replaced(text, "YWI= 256", "YWI 256")), "ranks:257 does not begin with base64");
  EXPECT_EQ(refusal(replaced(text, "YWI= 256", "YW!= 256")), "ranks:257 does not begin with base64");
  EXPECT_EQ(refusal(replaced(text, "YWI= 256", "YWJ= 256")), "ranks:257 does not begin with base64");
  EXPECT_EQ(refusal(replaced(text, "YWI= 256", "==== 256")), "ranks:257 does not begin with base64");
  EXPECT_EQ(refusal(replaced(text, "YWI= 256", "YWI= 256\r")), "ranks:257 does not end in a rank");
  EXPECT_EQ(refusal(replaced(text, "YWI= 256", "YWI= -1")), "ranks:257 does not end in a rank");
  EXPECT_EQ(refusal(replaced(text, "YWI= 256", "YWI= 255")), "ranks:257 has rank 255 where 256 is due");
  EXPECT_EQ(refusal(replaced(text, "YWI= 256", "YQ== 256")), "ranks:257 holds a token that was there before");
  EXPECT_EQ(refusal("\n" + text), "ranks:1 is not BASE64 RANK");
}

TEST(RankFile, AnotherNumberOfTokensIsRefused) {
  const std::string text = small_file();
  EXPECT_EQ(refusal(text, kTokens + 1), "ranks:259 ends after 258 of the 259 tokens of its encoding");
  EXPECT_EQ(refusal(text, kTokens - 1), "ranks:258 goes on behind the 257 tokens of its encoding");
  EXPECT_EQ(refusal(""), "ranks:1 ends after 0 of the 258 tokens of its encoding");
}

TEST(RankFile, EverySingleByteMustBeThere) {
  EXPECT_EQ(refusal(replaced(small_file(), "YQ== 97", "YWE= 97")), "ranks has no token for the single byte 97");
}

TEST(RankFile, AFolderIsNone) {
  const auto table = read_rank_file("/", kTokens);
  ASSERT_FALSE(table);
  EXPECT_EQ(table.error().message, "the rank file / cannot be read: Is a directory");
}

}  // namespace
}  // namespace orchestrator::harness::tokens
