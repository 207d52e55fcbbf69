// SPDX-License-Identifier: Apache-2.0
// Goal: a stream of pieces gives what the whole text gives, wherever it is cut, and does not hold back what it need
// not. Method: the labelled set, alone and joined at random, cut at random (seeded) and byte by byte; bounds are
// measured.
#include "codec/redaction/stream_redactor.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "codec/redaction/testing/labelled_texts.hpp"
#include "event/json_writer.hpp"

namespace orchestrator::harness::codec {
namespace {

// Numerical Recipes' generator: the same cuts on every machine.
class Draw {
 public:
  explicit Draw(std::uint64_t seed) : state_(seed) {}
  std::size_t below(std::size_t bound) {
    state_ = state_ * 6'364'136'223'846'793'005ULL + 1'442'695'040'888'963'407ULL;
    return static_cast<std::size_t>(state_ >> 33) % bound;
  }

 private:
  std::uint64_t state_;
};

std::vector<std::string> all_texts() {
  std::vector<std::string> texts;
  for (const auto marked : testing::labelled_texts()) texts.push_back(testing::unmarked(marked).text);
  for (const auto marked : testing::lookalike_texts()) texts.push_back(testing::unmarked(marked).text);
  return texts;
}

// Texts and parts of them side by side, with what stands between texts in the world, and without.
std::string joined_text(const std::vector<std::string>& texts, Draw& draw) {
  static constexpr std::array<std::string_view, 12> kBetween{"\n", " ", "",  ", ", "=", ":",
                                                             "\"", "é", "[", " 1", "-", "[redacted:name]"};
  std::string out;
  const std::size_t count = 2 + draw.below(8);
  for (std::size_t i = 0; i < count; ++i) {
    const std::string& text = texts[draw.below(texts.size())];
    const std::size_t begin = draw.below(3) == 0 ? draw.below(text.size()) : 0;
    out += text.substr(begin, draw.below(3) == 0 ? 1 + draw.below(text.size()) : std::string::npos);
    out += kBetween[draw.below(kBetween.size())];
  }
  return out;
}

struct Streamed {
  std::string text;
  std::size_t held_max = 0;
  RedactionCounts counts{};
};

template <class Size>
Streamed stream(const Redactor& redactor, std::string_view text, Size next_size, SecretVault* vault = nullptr) {
  StreamRedactor stream(redactor, vault);
  Streamed out;
  while (!text.empty()) {
    const std::size_t size = std::min(text.size(), next_size());
    out.text += stream.append(text.substr(0, size));
    out.held_max = std::max(out.held_max, stream.held_bytes());
    text.remove_prefix(size);
  }
  out.text += stream.finish();
  out.counts = stream.counts();
  return out;
}

const Redactor& redactor() {
  static const Redactor kRedactor = Redactor::compile(testing::labelled_policy()).value();
  return kRedactor;
}

void expect_agreement(const std::string& text, Draw& draw) {
  const RedactedText whole = redactor().redact(text);
  const Streamed bytes = stream(redactor(), text, [] { return std::size_t{1}; });
  ASSERT_EQ(bytes.text, whole.text) << "byte by byte: " << text;
  EXPECT_EQ(bytes.counts, whole.counts) << text;
  const std::size_t most = 1 + draw.below(40);
  const Streamed cut = stream(redactor(), text, [&] { return 1 + draw.below(most); });
  ASSERT_EQ(cut.text, whole.text) << "pieces of up to " << most << ": " << text;
  ASSERT_EQ(redactor().redact(whole.text).text, whole.text) << "again: " << text;
  EXPECT_TRUE(!event::is_valid_utf8(text) || event::is_valid_utf8(whole.text)) << text;
}

TEST(StreamRedactor, SecretsAloneAreFoundWhereverTheTextIsCut) {
  RedactionPolicy policy;
  policy.secrets = {{.name = "a",
                     .value = "\xC3\xBC"
                              "ber-geheim"},
                    {.name = "b", .value = "plain-secret"}};
  policy.detectors = {.secret = true,
                      .vendor_key = false,
                      .email = false,
                      .card = false,
                      .iban = false,
                      .phone = false,
                      .name = false,
                      .entropy = false};
  const Redactor redactor = Redactor::compile(policy).value();
  const std::string text =
      "caf\xC3\xA9 \xC3\xBC"
      "ber-geheim, password=hunter2 joe@example.com plain-secret \xF0\x9F\x98\x80";
  const std::string expected =
      "caf\xC3\xA9 [redacted:secret], password=hunter2 joe@example.com [redacted:secret] "
      "\xF0\x9F\x98\x80";
  EXPECT_EQ(redactor.redact(text).text, expected);
  for (std::size_t cut = 0; cut <= text.size(); ++cut) {
    StreamRedactor stream(redactor);
    std::string out = stream.append(text.substr(0, cut));
    EXPECT_TRUE(event::is_valid_utf8(out)) << cut;
    out += stream.append(text.substr(cut));
    out += stream.finish();
    EXPECT_EQ(out, expected) << cut;
    EXPECT_EQ(stream.held_bytes(), 0U);
  }
}

TEST(StreamRedactor, AgreesWithTheWholeOnEveryLabelledText) {
  Draw draw(1);
  for (const std::string& text : all_texts()) expect_agreement(text, draw);
}

TEST(StreamRedactor, AgreesWithTheWholeOnJoinedTexts) {
  const auto texts = all_texts();
  Draw draw(2);
  for (int round = 0; round < 1'500 && !HasFatalFailure(); ++round) expect_agreement(joined_text(texts, draw), draw);
}

TEST(StreamRedactor, AgreesWithTheWholeOnLongWordsAndBlocks) {
  Draw draw(3);
  const std::string key = std::string("sk-") + "proj-";
  for (const std::size_t size : {2'000UZ, 4'000UZ, 4'095UZ, 4'096UZ, 4'097UZ, 6'145UZ, 9'000UZ, 70'000UZ}) {
    const std::string letters(size, 'a');
    std::string mixed;
    while (mixed.size() < size) mixed += static_cast<char>("aB3dE5gH7kL9"[draw.below(12)]);
    std::string lines;
    while (lines.size() < size) lines += mixed.substr(0, 64) + '\n';
    std::string accents;
    while (accents.size() < size) accents += "ä b";
    for (const std::string& text :
         {letters, letters + "@example.com x", key + mixed + " end", letters + "/" + key + mixed.substr(0, 60) + " end",
          "password=\"" + accents + "\" end", "token=" + mixed + "&end=1",
          "-----BEGIN RSA PRIVATE KEY-----\n" + lines + "! end",
          "-----BEGIN RSA PRIVATE KEY-----\n" + lines + "-----END RSA PRIVATE KEY----- end",
          "data:image/png;base64," + mixed}) {
      expect_agreement(text, draw);
      if (HasFatalFailure()) return;
    }
  }
}

TEST(StreamRedactor, HoldsAtMostTheCurrentWordOfProse) {
  StreamRedactor redacted(redactor());
  std::size_t releases = 0;
  for (int i = 0; i < 200; ++i) {
    for (const std::string_view word :
         {"The ", "password ", "of ", "the ", "vault, ", "said ", "Zoë: ", "ask ", "me. "}) {
      std::string out;
      for (const char c : word) {
        out += redacted.append(std::string_view(&c, 1));
        EXPECT_LT(redacted.held_bytes(), word.size());
      }
      // The blank that ends a word lets it go.
      EXPECT_EQ(out, word);
      releases += out.empty() ? 0U : 1U;
    }
  }
  EXPECT_EQ(releases, 1'800U);
  EXPECT_EQ(redacted.finish(), "");
}

TEST(StreamRedactor, NeverHoldsMoreThanItsBound) {
  StreamRedactor any(redactor());
  const std::string lines(1 << 17, 'A');
  for (const std::string& text : {lines, "-----BEGIN RSA PRIVATE KEY-----\n" + lines, "password='" + lines,
                                  "a@" + lines, "sk-" + lines, std::string(1 << 16, '4'), "token=" + lines}) {
    const Streamed out = stream(redactor(), text, [] { return std::size_t{7}; });
    EXPECT_LE(out.held_max, any.held_bytes_max() + 7) << text.substr(0, 40);
  }
  EXPECT_LE(any.held_bytes_max(), 4'096U + 128 + 200);
}

TEST(StreamRedactor, TakesOutAnUnfinishedKeyBlockAsItComes) {
  StreamRedactor redacted(redactor());
  std::string out = redacted.append("-----BEGIN RSA PRIVATE KEY-----\n");
  for (int i = 0; i < 2'000; ++i)
    out += redacted.append("MIIEowIBAAKCAQEAu1SU1LfVLPHCozMxH2Mo4lgOEePzNm0tRgeLezV6ffAt0gun\n");
  EXPECT_LE(redacted.held_bytes(), redacted.held_bytes_max());
  out += redacted.finish();
  EXPECT_TRUE(out.starts_with("[redacted:vendor_key]"));
  EXPECT_EQ(out.find("MIIE", 0) == std::string::npos || out.find("MIIE") > 20, true);
}

TEST(StreamRedactor, NumbersTheSameValueAlikeInAVault) {
  RedactionPolicy policy = testing::labelled_policy();
  policy.mode = RedactionMode::reversible;
  const Redactor reversible = Redactor::compile(policy).value();
  const auto texts = all_texts();
  Draw draw(4);
  for (int round = 0; round < 300; ++round) {
    const std::string text = joined_text(texts, draw);
    MemoryVault whole_vault;
    MemoryVault cut_vault;
    const std::string whole = reversible.redact(text, &whole_vault).text;
    EXPECT_EQ(restore(whole, whole_vault), text);
    const std::string cut = stream(reversible, text, [&] { return 1 + draw.below(9); }, &cut_vault).text;
    EXPECT_EQ(restore(cut, cut_vault), text);
    EXPECT_EQ(reversible.redact(whole, &whole_vault).text, whole);
  }
}

}  // namespace
}  // namespace orchestrator::harness::codec
