// SPDX-License-Identifier: Apache-2.0
#pragma once

// Byte-pair merging: a piece of text begins as its bytes, and of all neighbours that are a token together the one of
// the lowest rank, the leftmost of equals, becomes one part, until none is left. One thread; must not outlive its
// table.

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "tokens/rank_table.hpp"

namespace orchestrator::harness::tokens {

class BytePairs final {
 public:
  explicit BytePairs(const RankTable& table) : table_(table) {}

  /// How many tokens the piece is; where `ids` is given they are appended to it. A piece that is a token is that one,
  /// whatever merging would give. The time is O(n log n) in the length of the piece.
  std::uint64_t tokens_of(std::string_view piece, std::vector<TokenId>* ids);

 private:
  std::uint64_t merge_short(std::string_view piece, std::vector<TokenId>* ids);
  std::uint64_t merge_long(std::string_view piece, std::vector<TokenId>* ids);
  // Notes how the part at `at` would merge with its right neighbour.
  void rank_pair(std::string_view piece, std::size_t at);
  void merge_pair(std::string_view piece, std::size_t at);
  std::uint64_t parts_of(std::string_view piece, std::vector<TokenId>* ids) const;

  const RankTable& table_;
  // Of a long piece, by the place that a part begins at: its neighbours, and its rank together with the right one. Kept
  // from piece to piece for their memory.
  std::vector<std::size_t> next_;
  std::vector<std::size_t> previous_;
  std::vector<TokenId> ranks_;
  std::vector<std::uint64_t> queue_;  // a heap of ranks and places, lowest first; what no longer holds is passed over
};

}  // namespace orchestrator::harness::tokens
