// SPDX-License-Identifier: Apache-2.0
// Goal: only tags at the beginning split the text, and how the text is cut does not matter.
#include "codec/chat_completions/think_tags.hpp"

#include <gtest/gtest.h>

namespace orchestrator::harness::codec {
namespace {

struct Split {
  std::string reasoning;
  std::string answer;
  bool operator==(const Split&) const = default;
};

Split split(std::string_view text, std::size_t piece_bytes) {
  ThinkTags tags;
  std::vector<ThinkTags::Piece> pieces;
  for (std::size_t at = 0; at < text.size(); at += piece_bytes) tags.feed(text.substr(at, piece_bytes), pieces);
  tags.finish(pieces);
  Split out;
  for (const auto& piece : pieces) (piece.reasoning ? out.reasoning : out.answer) += piece.text;
  return out;
}

TEST(ThinkTags, SplitOnlyAtTheBeginningAndAtAnyCut) {
  const std::pair<std::string, Split> rows[] = {
      {"<think>why</think>\n\nyes", {"why", "yes"}},
      {" \n<think>why</think>yes </think> no", {"why", "yes </think> no"}},
      {"<think>a < b </thin k></think>c", {"a < b </thin k>", "c"}},
      {"<think>never ends </think", {"never ends </think", ""}},
      {"<think></think>", {"", ""}},
      {"say <think>x</think>", {"", "say <think>x</think>"}},
      {"<thin air", {"", "<thin air"}},
      {"  <thi", {"", "  <thi"}},
      {std::string(100, ' ') + "<think>x", {"", std::string(100, ' ') + "<think>x"}},
      {"", {"", ""}},
  };
  for (const auto& [text, expected] : rows) {
    for (const std::size_t piece_bytes : {1U, 2U, 3U, 7U, 1'000U}) {
      EXPECT_EQ(split(text, piece_bytes), expected) << text << " in pieces of " << piece_bytes;
    }
  }
}

}  // namespace
}  // namespace orchestrator::harness::codec
