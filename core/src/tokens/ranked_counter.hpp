// SPDX-License-Identifier: Apache-2.0
#pragma once

// The token counter over a table of ranks and a pattern. Immutable, safe on any thread.

#include <string>

#include "orchestrator/harness/token_counter.hpp"
#include "tokens/piece_pattern.hpp"
#include "tokens/rank_table.hpp"

namespace orchestrator::harness::tokens {

class RankedCounter final : public TokenCounter {
 public:
  /// REQUIRES: the table has all 256 single bytes.
  RankedCounter(std::string encoding, RankTable table, PiecePattern pattern);

  [[nodiscard]] std::string_view encoding() const override { return encoding_; }
  [[nodiscard]] std::uint64_t count(std::string_view text) const override;
  [[nodiscard]] std::vector<TokenId> encode(std::string_view text) const override;
  [[nodiscard]] Result<std::string> decode(std::span<const TokenId> tokens) const override;

 private:
  std::uint64_t tokens_of(std::string_view text, std::vector<TokenId>* ids) const;

  std::string encoding_;
  RankTable table_;
  PiecePattern pattern_;
};

}  // namespace orchestrator::harness::tokens
