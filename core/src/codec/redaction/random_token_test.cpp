// SPDX-License-Identifier: Apache-2.0
// Goal: random tokens are told from what only looks random. Method: tokens of a seeded generator, of which a share must
// be found; and texts of known kinds, which must stay.
#include "codec/redaction/random_token.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <iostream>
#include <string>

namespace orchestrator::harness::codec {
namespace {

constexpr std::string_view kBase62 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

class Tokens {
 public:
  std::string next(std::size_t size, std::string_view alphabet) {
    std::string out;
    while (out.size() < size) {
      state_ = state_ * 6'364'136'223'846'793'005ULL + 1'442'695'040'888'963'407ULL;
      out += alphabet[static_cast<std::size_t>(state_ >> 33) % alphabet.size()];
    }
    return out;
  }

 private:
  std::uint64_t state_ = 11;
};

std::size_t found_of_thousand(std::size_t size, std::string_view alphabet) {
  Tokens tokens;
  std::size_t found = 0;
  for (int i = 0; i < 1'000; ++i) found += find_random(tokens.next(size, alphabet), "").has_value() ? 1U : 0U;
  return found;
}

TEST(RandomToken, FindsMostRandomTokens) {
  const std::string base64 = std::string(kBase62) + "+/";
  const std::string url = std::string(kBase62) + "-_";
  struct Case {
    std::size_t size;
    std::string_view alphabet;
    std::size_t least;
  };
  for (const Case& c : {Case{20, kBase62, 750}, Case{24, kBase62, 830}, Case{32, kBase62, 920}, Case{40, kBase62, 960},
                        Case{64, kBase62, 990}, Case{40, base64, 920}, Case{64, base64, 985}, Case{43, url, 950},
                        Case{40, "abcdefghijklmnopqrstuvwxyz0123456789", 950}}) {
    const std::size_t found = found_of_thousand(c.size, c.alphabet);
    std::cout << "random tokens of " << c.size << " over " << c.alphabet.size() << ": " << found << "/1000 found\n";
    EXPECT_GE(found, c.least);
  }
}

TEST(RandomToken, LeavesDigestsIdsWordsAndPaths) {
  Tokens tokens;
  constexpr std::string_view kHex = "0123456789abcdef";
  for (const std::string& text :
       {tokens.next(32, kHex), tokens.next(40, kHex), tokens.next(64, kHex), "sha512-" + tokens.next(86, kBase62),
        "run_01" + tokens.next(24, "0123456789ABCDEFGHJKMNPQRSTVWXYZ"),
        "01" + tokens.next(24, "0123456789ABCDEFGHJKMNPQRSTVWXYZ"), "call_" + tokens.next(24, kBase62),
        std::string("3fa85f64-5717-4562-b3fc-2c963f66afa6"), std::string("getUserAccountByIdentifierAndRegionV2"),
        std::string("/usr/lib/x86_64-linux-gnu/libboost_json"),
        std::string("SGVsbG8sIHRoaXMgaXMgYW4gb3JkaW5hcnkgdGV4dCBmb3IgdGVzdHM"), std::string("0xBF58476D1CE4E5B9ULL"),
        std::string("AbstractSingletonProxyFactoryBean2Implementation"), tokens.next(513, kBase62)}) {
    EXPECT_FALSE(find_random(text, "")) << text;
  }
  const std::string token = tokens.next(44, kBase62);
  EXPECT_TRUE(find_random(token, ""));
  for (const std::string_view before : {"data:image/png;base64,", "SHA256:", "h1:", "x"}) {
    EXPECT_FALSE(find_random(token, before)) << before;
  }
}

TEST(RandomToken, MeasuresEntropyInWholeNumbers) {
  EXPECT_EQ(entropy_q16(""), 0U);
  EXPECT_EQ(entropy_q16("aaaaaaaa"), 0U);
  EXPECT_EQ(entropy_q16("abababab"), 65'536U);
  EXPECT_EQ(entropy_q16("abcdefgh"), 3U * 65'536U);
  EXPECT_NEAR(entropy_q16("aab"), 0.9182958 * 65'536, 2);
}

}  // namespace
}  // namespace orchestrator::harness::codec
