// SPDX-License-Identifier: Apache-2.0
#include "tokens/ranked_counter.hpp"

#include <utility>

#include "codec/lossy_utf8.hpp"
#include "event/json_writer.hpp"
#include "tokens/byte_pairs.hpp"

namespace orchestrator::harness::tokens {

RankedCounter::RankedCounter(std::string encoding, RankTable table, PiecePattern pattern)
    : encoding_(std::move(encoding)), table_(std::move(table)), pattern_(std::move(pattern)) {}

std::uint64_t RankedCounter::count(std::string_view text) const { return tokens_of(text, nullptr); }

std::vector<TokenId> RankedCounter::encode(std::string_view text) const {
  std::vector<TokenId> ids;
  tokens_of(text, &ids);
  return ids;
}

Result<std::string> RankedCounter::decode(std::span<const TokenId> tokens) const {
  std::string bytes;
  for (const TokenId token : tokens) {
    if (token >= table_.size()) {
      return fail(RuntimeErrorCode::invalid_argument,
                  std::to_string(token) + " is no token of " + encoding_ + ", which has 0 to " +
                      std::to_string(table_.size() - 1),
                  "tokens");
    }
    bytes += table_.bytes_of(token);
  }
  return bytes;
}

std::uint64_t RankedCounter::tokens_of(std::string_view text, std::vector<TokenId>* ids) const {
  std::string mended;
  if (!event::is_valid_utf8(text)) {
    codec::append_lossy_utf8(mended, text);
    text = mended;
  }
  std::uint64_t count = 0;
  BytePairs pairs(table_);
  PieceCursor cursor(pattern_, text);
  for (auto piece = cursor.next(); !piece.empty(); piece = cursor.next()) count += pairs.tokens_of(piece, ids);
  return count;
}

}  // namespace orchestrator::harness::tokens
