// SPDX-License-Identifier: Apache-2.0
// Goal: the scanner's work is linear in the text, and what it finds stands where it should. Method: long texts made to
// upset it, whole and in pieces; work is counted, so no clock is needed.
#include "codec/redaction/text_scanner.hpp"

#include <gtest/gtest.h>

#include <string>

#include "codec/redaction/redactor.hpp"
#include "codec/redaction/stream_redactor.hpp"

namespace orchestrator::harness::codec {
namespace {

std::string repeated(std::string_view piece, std::size_t bytes) {
  std::string out;
  while (out.size() < bytes) out += piece;
  return out;
}

RedactionPolicy everything() {
  RedactionPolicy policy;
  policy.detectors.phone = true;
  policy.secrets = {{.name = "a", .value = "aaaaaaaaaaaaaaaab"}, {.name = "d", .value = std::string(2'000, '1') + "2"}};
  return policy;
}

std::vector<std::string> upsetting_texts() {
  constexpr std::size_t kBytes = 1 << 18;  // quadratic work would pass the bound a thousand times over
  std::vector<std::string> texts;
  for (const std::string_view piece :
       {"a",           "a@",          "a@b.",        "4",          "4 ",
        "12 34",       "sk-",         "sk-a",        "-----BEGIN", "-----BEGIN RSA PRIVATE KEY-----",
        "-----BEGIN ", "-----END",    "eyJ",         "eyJa.eyJa.", "password=",
        "password: ",  "password=\"", "token=\\",    "Bearer ",    "://",
        "http://a:b@", "http://a:",   "[redacted:",  "[",          "DE44 ",
        "DE44DE44 ",   "A1b2",        "a1B2-",       "\xC3\xA4",   "\xC3",
        "= ",          "'",           "\\\"",        "+1 ",        "(0",
        "is ",         "key is ",     "--token ",    "T1234567/",  "xoxb-1",
        "1111111",     "password=$",  "password='$", "token=your", "password: "}) {
    texts.push_back(repeated(piece, kBytes));
  }
  return texts;
}

TEST(TextScanner, DoesWorkLinearInTextsMadeToUpsetIt) {
  const TextRules rules{.detectors = everything().detectors, .names = {}, .patterns = {}};
  for (const std::string& text : upsetting_texts()) {
    // A decision must not be taken up from the beginning with each piece.
    constexpr std::size_t kPieceBytes = 5;
    TextScanner whole(rules, nullptr);
    TextScanner pieces(rules, nullptr);
    std::string whole_out;
    whole.read(text, true, whole_out);
    std::string pieces_out;
    std::string kept;
    for (std::size_t at = 0; at < text.size(); at += kPieceBytes) {
      kept += std::string_view(text).substr(at, kPieceBytes);
      pieces.read(kept, at + kPieceBytes >= text.size(), pieces_out);
      if (kept.size() > 8'192) kept.erase(0, pieces.forget());
    }
    EXPECT_TRUE(pieces_out == whole_out) << text.substr(0, 40);
    EXPECT_LE(whole.work(), text.size() * TextScanner::kWorkPerByte) << text.substr(0, 40);
    EXPECT_LE(pieces.work(), text.size() * TextScanner::kWorkPerByte) << text.substr(0, 40);
  }
}

TEST(TextScanner, SecretsThatOverlapCostNoMore) {
  const Redactor redactor = Redactor::compile(everything()).value();
  for (const std::string_view piece : {"a", "1", "aaaaaaaaaaaaaaaab", "6161", "YWFh", "%61"}) {
    const std::string text = repeated(piece, 1 << 18);
    const std::string whole = redactor.redact(text).text;
    StreamRedactor stream(redactor);
    std::string out;
    for (std::size_t at = 0; at < text.size(); at += 3) out += stream.append(std::string_view(text).substr(at, 3));
    out += stream.finish();
    EXPECT_TRUE(out == whole) << piece;
  }
}

}  // namespace
}  // namespace orchestrator::harness::codec
