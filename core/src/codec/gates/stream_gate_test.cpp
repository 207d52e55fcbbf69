// SPDX-License-Identifier: Apache-2.0
// Goal: an answer streams on under rules, and nothing that a rule stops or masks is ever shown, however the text comes
// in pieces. Method: examples, and random texts cut at random against the whole text at once.
#include "codec/gates/stream_gate.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <utility>

namespace orchestrator::harness::codec {
namespace {

StreamRule rule(std::string name, GateMode mode, GateAction action, const PatternCheck& check) {
  return {std::move(name), mode, action, TextPatterns::compile(check).value(), std::nullopt};
}
StreamRule keywords(std::string name, GateMode mode, GateAction action, const KeywordCheck& check) {
  return {std::move(name), mode, action, TextPatterns::compile(check).value(), std::nullopt};
}
StreamRule size_rule(GateMode mode, std::uint64_t bytes_max) {
  return {"size", mode, GateAction::deny, std::nullopt, bytes_max};
}

const GateMode kEnforcing = GateMode::enforcing;
const GateMode kShadow = GateMode::shadow;

std::string whole(StreamGate gate, std::string_view text) {
  std::string out;
  gate.append(out, text);
  gate.finish(out);
  return out;
}

TEST(StreamGate, StopsBeforeWhatItDenies) {
  StreamGate gate({rule("keys", kEnforcing, GateAction::deny, {{"sk-[a-z]{4,8}"}, false, 16})});
  std::string out;
  for (const char byte : std::string("the key is sk-abcdef and more")) gate.append(out, std::string(1, byte));
  EXPECT_EQ(out, "the key is ");
  EXPECT_TRUE(gate.is_stopped());
  EXPECT_EQ(gate.held_bytes(), 0U);
  gate.append(out, "nothing of this");
  gate.finish(out);
  EXPECT_EQ(out, "the key is ");
  EXPECT_EQ(gate.findings(), (std::vector<StreamGate::Finding>{{0, 11}}));
}

TEST(StreamGate, ShadowRulesHoldNothingBackAndTell) {
  StreamGate gate({rule("keys", kShadow, GateAction::deny, {{"sk-[a-z]+"}, false, 64})});
  std::string out;
  gate.append(out, "sk-ab");
  EXPECT_EQ(out, "sk-ab");
  gate.append(out, "cd and on");
  gate.finish(out);
  EXPECT_EQ(out, "sk-abcd and on");
  EXPECT_FALSE(gate.is_stopped());
  EXPECT_EQ(gate.findings().size(), 1U);
}

TEST(StreamGate, HoldsNoMoreThanItsWindow) {
  StreamGate gate({rule("digits", kEnforcing, GateAction::redact, {{"[0-9]{4,12}"}, false, 12})});
  std::string out;
  std::size_t pieces = 0;
  for (int i = 0; i < 100; ++i) {
    const std::size_t before = out.size();
    gate.append(out, "word ");
    EXPECT_LT(gate.held_bytes(), 12U);
    pieces += out.size() > before ? 1 : 0;
  }
  EXPECT_GE(pieces, 97U) << "the stream is still a stream";
}

TEST(StreamGate, MasksWhatItRedacts) {
  const auto digits = [] { return rule("digits", kEnforcing, GateAction::redact, {{"[0-9]{4,12}"}, false, 12}); };
  EXPECT_EQ(whole(StreamGate({digits()}), "call 12345 or 678901, not 12"),
            "call [redacted:digits] or [redacted:digits], not 12");
  EXPECT_EQ(whole(StreamGate({digits()}), "1234"), "[redacted:digits]");
  EXPECT_EQ(whole(StreamGate({digits(), rule("b", kEnforcing, GateAction::redact, {{"5 or 6789"}, false, 12})}),
                  "1 12345 or 678901 z"),
            "1 [redacted:digits] z")
      << "what overlaps is one";
}

TEST(StreamGate, CountsBytes) {
  EXPECT_EQ(whole(StreamGate({size_rule(kEnforcing, 5)}), "hello"), "hello");
  StreamGate gate({size_rule(kEnforcing, 5)});
  std::string out;
  gate.append(out, "hell\xC3\xB6");
  EXPECT_EQ(out, "hell") << "no half character";
  EXPECT_TRUE(gate.is_stopped());
}

// Random texts of few signs, so that matches, overlaps and near misses are frequent.
class Draw {
 public:
  explicit Draw(std::uint64_t seed) : state_(seed) {}
  std::size_t below(std::size_t bound) {
    state_ = state_ * 6364136223846793005ULL + 1442695040888963407ULL;
    return static_cast<std::size_t>(state_ >> 33U) % bound;
  }
  std::string text() {
    static const std::vector<std::string> kSigns = {"a", "b",   "ab", " ", "1", "ö", "K", "\xE2\x84\xAA",
                                                    "-", "foo", "."};
    std::string text;
    for (std::size_t i = below(60); i > 0; --i) text += kSigns[below(kSigns.size())];
    return text;
  }
  std::vector<std::string> pieces(const std::string& text) {
    std::vector<std::string> pieces;
    for (std::size_t at = 0; at < text.size();) {
      std::size_t end = at + 1 + below(5);
      while (end < text.size() && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U) ++end;
      pieces.push_back(text.substr(at, end - at));
      at += pieces.back().size();
    }
    return pieces;
  }

 private:
  std::uint64_t state_;
};

TEST(StreamGate, GivesTheSameHoweverTheTextIsCut) {
  const std::vector<std::vector<StreamRule>> sets = {
      {rule("ab", kEnforcing, GateAction::redact, {{"ab{1,3}", "b1"}, false, 4})},
      {rule("ab", kEnforcing, GateAction::redact, {{"a.b"}, false, 8}),
       keywords("kw", kEnforcing, GateAction::redact, {{"foo", "k", "ab ab"}})},
      {rule("word", kEnforcing, GateAction::redact, {{R"(\ba\b)"}, false, 3}),
       rule("deny", kEnforcing, GateAction::deny, {{"fooa", "11"}, false, 4})},
      {keywords("kw", kEnforcing, GateAction::deny, {{"foo ab"}}), size_rule(kEnforcing, 40)},
      {rule("end", kEnforcing, GateAction::redact, {{"foo$", "^a"}, false, 4}),
       keywords("kw", kShadow, GateAction::deny, {{"ab"}})},
  };
  int stopped = 0;
  int masked = 0;
  for (std::uint64_t seed = 0; seed < 20'000; ++seed) {
    Draw draw(seed);
    const auto& rules = sets[draw.below(sets.size())];
    const std::string text = draw.text();
    const std::string expected = whole(StreamGate(rules), text);
    StreamGate gate(rules);
    std::string out;
    for (const std::string& piece : draw.pieces(text)) gate.append(out, piece);
    gate.finish(out);
    ASSERT_EQ(out, expected) << "seed " << seed << ", of: " << text;
    stopped += gate.is_stopped() ? 1 : 0;
    masked += out.find("[redacted") != std::string::npos ? 1 : 0;
  }
  EXPECT_GT(stopped, 500);
  EXPECT_GT(masked, 5'000);
}

}  // namespace
}  // namespace orchestrator::harness::codec
