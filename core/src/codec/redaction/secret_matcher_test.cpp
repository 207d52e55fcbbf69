// SPDX-License-Identifier: Apache-2.0
// Goal: every occurrence of every form of a secret is found, in one piece or many. Method: known forms; and random
// texts over two letters, against a search that tries every form at every place.
#include "codec/redaction/secret_matcher.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>

#include "codec/redaction/secret_forms.hpp"

namespace orchestrator::harness::codec {
namespace {

bool holds(const std::vector<std::string>& forms, std::string_view form) {
  return std::ranges::find(forms, form) != forms.end();
}

TEST(SecretForms, AreThoseOfTheUsualEncodings) {
  const auto forms = secret_forms("pa/ss\"w+rd");
  for (const std::string_view form : {"pa/ss\"w+rd", "70612f737322772b7264", "70612F737322772B7264", "pa%2Fss%22w%2Brd",
                                      "pa%2fss%22w%2brd", "pa/ss\\\"w+rd", "pa\\/ss\\\"w+rd", "pa/ss\\\\\\\"w+rd"}) {
    EXPECT_TRUE(holds(forms, form)) << form;
  }
  // Base64 of `<value>`, `x<value>` and `xy<value>`, less the characters that other bytes take part in.
  EXPECT_TRUE(holds(secret_forms("secret1"), "c2VjcmV0M"));
  EXPECT_TRUE(holds(secret_forms("secret1"), "NlY3JldD"));
  EXPECT_TRUE(holds(secret_forms("secret1"), "zZWNyZXQx"));
  EXPECT_TRUE(holds(secret_forms("\xFB\xFF\xFE"
                                 "abc"),
                    "-__-YWJj"));
  EXPECT_TRUE(holds(secret_forms("\xFB\xFF\xFE"
                                 "abc"),
                    "+//+YWJj"));
  EXPECT_TRUE(holds(secret_forms("gr\xC3\xBC\xC3\x9F"
                                 "e \xF0\x9F\x98\x80"),
                    "gr\\u00fc\\u00dfe \\ud83d\\ude00"));
  for (const std::string& form : secret_forms("abcdef")) EXPECT_GE(form.size(), 6U);
}

using Finds = std::vector<std::pair<std::size_t, std::size_t>>;

Finds find_all(const SecretMatcher& matcher, std::string_view text, std::size_t piece) {
  std::vector<SecretFind> finds;
  SecretScan scan(matcher);
  Finds out;
  for (std::size_t at = 0; at < text.size(); at += piece) {
    scan.append(text.substr(at, piece), finds);
    for (const SecretFind& find : finds) EXPECT_LE(find.end, scan.decided());
  }
  scan.finish(finds);
  for (const SecretFind& find : finds) out.emplace_back(find.begin, find.end);
  return out;
}

Finds find_plainly(const std::vector<std::string>& forms, std::string_view text) {
  Finds all;
  for (const std::string& form : forms) {
    for (std::size_t at = text.find(form); at != std::string_view::npos; at = text.find(form, at + 1)) {
      all.emplace_back(at, at + form.size());
    }
  }
  std::ranges::sort(all);
  Finds out;
  for (const auto& [begin, end] : all) {
    if (!out.empty() && begin < out.back().second) {
      out.back().second = std::max(out.back().second, end);
    } else {
      out.emplace_back(begin, end);
    }
  }
  return out;
}

TEST(SecretMatcher, AgreesWithAPlainSearch) {
  std::uint64_t state = 7;
  const auto draw = [&](std::size_t bound) {
    state = state * 6'364'136'223'846'793'005ULL + 1'442'695'040'888'963'407ULL;
    return static_cast<std::size_t>(state >> 33) % bound;
  };
  const auto word = [&](std::size_t size) {
    std::string out;
    while (out.size() < size) out += draw(3) == 0 ? 'b' : 'a';
    return out;
  };
  for (int round = 0; round < 2'000; ++round) {
    std::vector<std::string> forms;
    for (std::size_t i = 0; i <= draw(5); ++i) forms.push_back(word(2 + draw(7)));
    const std::string text = word(draw(60));
    const SecretMatcher matcher(forms);
    const Finds expected = find_plainly(forms, text);
    for (const std::size_t piece : {1UL, 3UL, 100UL}) ASSERT_EQ(find_all(matcher, text, piece), expected) << text;
  }
}

TEST(SecretMatcher, HoldsBackNoMoreThanTheFormThatMayComeTrue) {
  const SecretMatcher matcher({"secret-value"});
  SecretScan scan(matcher);
  std::vector<SecretFind> finds;
  scan.append("a secre", finds);
  EXPECT_EQ(scan.decided(), 2U);
  scan.append("t-plan", finds);
  EXPECT_EQ(scan.decided(), 13U);
  EXPECT_TRUE(finds.empty());
}

}  // namespace
}  // namespace orchestrator::harness::codec
