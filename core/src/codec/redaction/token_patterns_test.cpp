// SPDX-License-Identifier: Apache-2.0
// Goal: keys of vendors, addresses and telephone numbers are found whole, and nothing that only begins like them.
// Method: lists. Keys are put together here, so that scanners of hosts stay quiet.
#include "codec/redaction/token_patterns.hpp"

#include <gtest/gtest.h>

#include <string>
#include <utility>

namespace orchestrator::harness::codec {
namespace {

std::string cut_out(std::string_view text, std::optional<TextFind> found) {
  return found ? std::string(text.substr(found->begin, found->end - found->begin)) : std::string();
}

std::string rest(std::size_t size, std::string_view pattern = "a1B2c3D4e5F6g7H8i9J0") {
  std::string out;
  while (out.size() < size) out += pattern[out.size() % pattern.size()];
  return out;
}

TEST(TokenPatterns, FindsKeysOfEveryVendor) {
  const TokenPatterns patterns;
  using Parts = std::pair<std::string, std::string>;
  constexpr std::string_view kHex = "0123456789abcdef";
  constexpr std::string_view kUpper = "A2B3C4D5E6F7";
  for (const auto& [front, back] : {Parts{"sk-", rest(48)},
                                    Parts{"sk-proj-", rest(60)},
                                    Parts{"sk-ant-", "api03-" + rest(90)},
                                    Parts{"AIza", rest(35)},
                                    Parts{"gsk_", rest(52)},
                                    Parts{"ghp_", rest(36)},
                                    Parts{"gho_", rest(36)},
                                    Parts{"github_pat_", rest(82)},
                                    Parts{"glpat-", rest(20)},
                                    Parts{"xoxb-", "123456789012-" + rest(24)},
                                    Parts{"sk_live_", rest(24)},
                                    Parts{"rk_live_", rest(24)},
                                    Parts{"AKIA", rest(16, kUpper)},
                                    Parts{"ASIA", rest(16, kUpper)},
                                    Parts{"npm_", rest(36)},
                                    Parts{"pypi-", rest(80)},
                                    Parts{"hf_", rest(34)},
                                    Parts{"SG.", rest(22) + "." + rest(43)},
                                    Parts{"SK", rest(32, kHex)},
                                    Parts{"eyJ", rest(20) + ".eyJ" + rest(20) + "." + rest(43)}}) {
    const std::string key = front + back;
    const std::string text = "x=" + key;
    EXPECT_EQ(cut_out(text, patterns.find_vendor_key(text, false)), key);
    if (front == "eyJ") continue;  // its second part begins like the first
    EXPECT_FALSE(patterns.find_vendor_key("a" + key, false)) << key;
    EXPECT_FALSE(patterns.find_vendor_key(key, true)) << key;
  }
}

TEST(TokenPatterns, LeavesExamplesAndWords) {
  const TokenPatterns patterns;
  for (const std::string& text :
       {std::string("sk-"), "sk-" + std::string(40, 'x'), std::string("sk-learn-pipeline-for-everyone"),
        std::string("AKIAIOSFODNN7EXAMPLE"), std::string("hf_transformers"), std::string("npm_config_registry"),
        std::string("eyJhbGciOi"), std::string("SKIP_THIS_TEST")}) {
    EXPECT_FALSE(patterns.find_vendor_key(text, false)) << text;
  }
}

TEST(TokenPatterns, FindsAddresses) {
  for (const std::string_view address :
       {"a@b.example", "joe.miller+tag@mail.example.co.uk", "X_1%y@sub-domain.example"}) {
    EXPECT_EQ(cut_out("to:" + std::string(address) + ".", find_email("to:" + std::string(address) + ".")), address);
  }
  for (const std::string_view text : {"a@b", "@b.example", "a@.example", "git@github.example", "icon@2x.png",
                                      "a.@b.example", "a@b.c", "a@b.1", "react@18.2.0", "a@-b.example"}) {
    EXPECT_FALSE(find_email(text)) << text;
  }
}

TEST(TokenPatterns, FindsTelephoneNumbers) {
  const TokenPatterns patterns;
  for (const std::string_view number : {"+14155550132", "+49 30 901820", "(415) 555-0199", "415-555-0143",
                                        "+44 20 7946 0958", "01 70 36 39 51", "0171 5557788", "030 9018 2034"}) {
    EXPECT_EQ(cut_out(number, patterns.find_phone(number)), number);
  }
  for (const std::string_view text : {"2026-11-30", "1764495900", "192.168.178.1", "252.227-7013", "1.2.3.4",
                                      "12 345 678", "4500012345678", "+1", "+12 345", "09:45:00"}) {
    EXPECT_FALSE(patterns.find_phone(text)) << text;
  }
}

}  // namespace
}  // namespace orchestrator::harness::codec
