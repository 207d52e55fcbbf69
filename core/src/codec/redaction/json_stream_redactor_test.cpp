// SPDX-License-Identifier: Apache-2.0
// Goal: JSON that streams is redacted as whole JSON is, stays JSON, and stays byte by byte what it was where nothing is
// found. Method: texts cut at each place and byte by byte, against `redact_json` and against themselves.
#include "codec/redaction/json_stream_redactor.hpp"

#include <gtest/gtest.h>

#include <boost/json/parse.hpp>

#include <string>
#include <vector>

namespace orchestrator::harness::codec {
namespace {

RedactionPolicy policy_with_secret() {
  RedactionPolicy policy;
  policy.secrets = {{.name = "s", .value = "canary \"quoted\" 4711"}};
  return policy;
}

std::string streamed(const Redactor& redactor, const std::vector<std::string_view>& pieces, SecretVault* vault = {}) {
  JsonStreamRedactor stream(redactor, vault);
  std::string out;
  for (const std::string_view piece : pieces) out += stream.append(piece);
  return out + stream.finish();
}

std::vector<std::string_view> bytes_of(std::string_view text) {
  std::vector<std::string_view> pieces;
  for (std::size_t i = 0; i < text.size(); ++i) pieces.push_back(text.substr(i, 1));
  return pieces;
}

// Equal as JSON: beside a find, an escape may be written as the character that it means.
void expect_same(const std::string& one, const std::string& other, const std::string& about) {
  boost::json::error_code code;
  const auto parsed = boost::json::parse(one, code);
  const auto parsed_other = code ? boost::json::value() : boost::json::parse(other, code);
  if (code) {
    EXPECT_EQ(one, other) << about;
  } else {
    EXPECT_EQ(parsed, parsed_other) << about << ": " << one << " and " << other;
  }
}

// What it makes of a text does not depend on the cuts.
std::string redacted_however_cut(const Redactor& redactor, std::string_view text) {
  const std::string whole = streamed(redactor, {text});
  expect_same(streamed(redactor, bytes_of(text)), whole, std::string(text));
  for (std::size_t cut = 1; cut < text.size(); ++cut) {
    expect_same(streamed(redactor, {text.substr(0, cut), text.substr(cut)}), whole,
                std::string(text) + " cut at " + std::to_string(cut));
  }
  return whole;
}

TEST(JsonStreamRedactor, FindsWhatWholeJsonHas) {
  const Redactor redactor = Redactor::compile(policy_with_secret()).value();
  for (const std::string_view text :
       {R"({"to":"joe@example.com","text":"hello, and good bye"})", R"({"password":"hunter2","n":12345})",
        R"({"password":123456789, "token": 7, "pin":["a1b2c3d4", 88887777]})", R"({"card":4111111111111111})",
        R"([{"x":"key canary \"quoted\" 4711 end"}, null, true, -1.5e3])",
        R"({"joe@example.com":{"password":{"a":"b"}}})", R"({"a":"caf\u00e9 \ud83d\ude00 joe@example.com \n\t\/"})"}) {
    const std::string out = redacted_however_cut(redactor, text);
    const RedactedText whole = redactor.redact_json(text).value();
    EXPECT_EQ(boost::json::parse(out), boost::json::parse(whole.text)) << text;
    JsonStreamRedactor stream(redactor);
    (void)stream.append(text);
    (void)stream.finish();
    EXPECT_EQ(stream.counts(), whole.counts) << text;
  }
}

TEST(JsonStreamRedactor, LeavesTheRestAsItWasWritten) {
  const Redactor redactor = Redactor::compile(policy_with_secret()).value();
  for (const std::string_view text :
       {R"( { "path" : "a\/b\u00e9.txt" , "n":1.50, "deep":[[],{}], "e":"\ud83d\ude00\"" } )", R"({})", R"("")", "",
        R"({"unfinished":"text)", R"({"unfinished":1)", R"({"a":"half \u00)", "plain words, no JSON at all"}) {
    EXPECT_EQ(redacted_however_cut(redactor, text), text);
  }
  EXPECT_EQ(redacted_however_cut(redactor, R"({"a":"\ud83d alone","b":"\ude00"})"),
            R"({"a":"\ufffd alone","b":"\ufffd"})");
}

TEST(JsonStreamRedactor, TakesSecretsOutOfWhatIsNoJson) {
  const Redactor redactor = Redactor::compile(policy_with_secret()).value();
  EXPECT_EQ(redacted_however_cut(redactor, R"({"a":1} then canary "quoted" 4711)"),
            R"({"a":1} then [redacted:secret])");
  EXPECT_EQ(redacted_however_cut(redactor, R"({run: canary "quoted" 4711})"), R"({run: [redacted:secret]})");
  EXPECT_EQ(redacted_however_cut(redactor, "mail joe@example.com"), "mail [redacted:email]");
  EXPECT_EQ(redacted_however_cut(redactor, R"({"a":"joe@example.com)"), R"({"a":"[redacted:email])");
  const std::string deep(200, '[');
  EXPECT_EQ(redacted_however_cut(redactor, deep + "\"joe@example.com\""), deep + "\"[redacted:email]\"");
}

TEST(JsonStreamRedactor, StreamsLongValues) {
  const Redactor redactor = Redactor::compile(policy_with_secret()).value();
  JsonStreamRedactor stream(redactor);
  std::string out = stream.append(R"({"content":")");
  std::size_t held_max = 0;
  std::size_t taken = out.size();
  for (int i = 0; i < 2'000; ++i) {
    out += stream.append("some words ");
    taken += 11;
    held_max = std::max(held_max, taken - out.size());
  }
  EXPECT_LE(held_max, 64U);
}

TEST(JsonStreamRedactor, PutsPlaceholdersOfTheVault) {
  RedactionPolicy policy = policy_with_secret();
  policy.mode = RedactionMode::reversible;
  const Redactor redactor = Redactor::compile(policy).value();
  MemoryVault vault;
  const std::string text = R"({"to":"joe@example.com","password":"hunter2","s":"canary \"quoted\" 4711","a":"\u0041"})";
  const std::string out = streamed(redactor, bytes_of(text), &vault);
  EXPECT_EQ(out,
            R"({"to":"[redacted:email:1]","password":"[redacted:name:2]","s":"[redacted:secret:3]","a":"\u0041"})");
  EXPECT_EQ(boost::json::parse(restore_json(out, vault)), boost::json::parse(text));
}

}  // namespace
}  // namespace orchestrator::harness::codec
