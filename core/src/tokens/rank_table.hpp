// SPDX-License-Identifier: Apache-2.0
#pragma once

// The tokens of an encoding: bytes to number and back. A token's number is also its rank: of two possible merges the
// one with the lower number is made first. A value; filled by one thread, then read by any.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "orchestrator/harness/token_counter.hpp"

namespace orchestrator::harness::tokens {

/// No token; above every number of one, so the least of several ranks is the best one.
inline constexpr TokenId kNoToken = 0xFFFF'FFFF;

/// The most tokens of an encoding: a rank and a place in a text share one word while a long text is merged.
inline constexpr std::size_t kTokensMax = std::size_t{1} << 20U;

class RankTable final {
 public:
  /// A table for up to `tokens_max` tokens, which is at most `kTokensMax`.
  explicit RankTable(std::size_t tokens_max);

  /// Gives the bytes, which are at least one, the next number from 0; false where they have one already or the table is
  /// full.
  [[nodiscard]] bool add(std::string_view bytes);

  /// The number of these bytes, or `kNoToken`.
  [[nodiscard]] TokenId find(std::string_view bytes) const;
  /// The number of one byte, or `kNoToken`.
  [[nodiscard]] TokenId find(unsigned char byte) const { return of_bytes_[byte]; }
  /// The number of two bytes in a row, or `kNoToken`: every merge begins with such pairs, so they are found by index.
  [[nodiscard]] TokenId find(unsigned char first, unsigned char second) const {
    return of_pairs_[first * std::size_t{256} + second];
  }

  /// The bytes of a token, valid as long as the table. REQUIRES: `token` is below `size()`.
  [[nodiscard]] std::string_view bytes_of(TokenId token) const;
  [[nodiscard]] std::size_t size() const { return starts_.size() - 1; }
  /// How much memory it holds.
  [[nodiscard]] std::size_t memory_bytes() const;

 private:
  std::size_t tokens_max_;
  std::size_t longest_ = 0;               // bytes of the longest token
  std::string bytes_;                     // all tokens, one behind the other
  std::vector<std::uint32_t> starts_{0};  // of each token in `bytes_`, and the end of the last
  std::vector<std::uint64_t> slots_;      // open addressing: upper half of the hash, then the number
  std::vector<TokenId> of_bytes_;         // 256
  std::vector<TokenId> of_pairs_;         // 65,536
};

}  // namespace orchestrator::harness::tokens
