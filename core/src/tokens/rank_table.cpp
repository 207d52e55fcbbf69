// SPDX-License-Identifier: Apache-2.0
#include "tokens/rank_table.hpp"

#include <algorithm>
#include <bit>
#include <cstring>

namespace orchestrator::harness::tokens {
namespace {

constexpr std::uint64_t kFree = ~std::uint64_t{0};
constexpr std::uint64_t kOdd = 0x9E37'79B9'7F4A'7C15;  // 2^64 over the golden ratio: spreads consecutive words

std::uint64_t word_at(const char* bytes, std::size_t size) {
  std::uint64_t word = 0;
  std::memcpy(&word, bytes, size);
  return word;
}

std::uint64_t mixed(std::uint64_t state, std::uint64_t word) {
  state = (state ^ word) * kOdd;
  return state ^ (state >> 29U);
}

// Only ever compared within one process, so the machine's byte order does no harm.
std::uint64_t hash_of(std::string_view bytes) {
  std::uint64_t state = mixed(kOdd, bytes.size());
  while (bytes.size() > 8) {
    state = mixed(state, word_at(bytes.data(), 8));
    bytes.remove_prefix(8);
  }
  // Two loads of fixed size that may overlap are several times as fast as one of any size.
  std::uint64_t last = 0;
  if (bytes.size() >= 4) {
    last = word_at(bytes.data(), 4) | word_at(bytes.data() + bytes.size() - 4, 4) << 32U;
  } else {
    for (const char byte : bytes) last = last << 8U | static_cast<unsigned char>(byte);
  }
  state = mixed(state, last) * kOdd;
  return state ^ (state >> 32U);
}

std::size_t slots_for(std::size_t tokens) { return std::bit_ceil(std::max<std::size_t>(tokens * 2, 16)); }

std::uint64_t tag_of(std::uint64_t hash) { return hash >> 32U; }

}  // namespace

RankTable::RankTable(std::size_t tokens_max)
    : tokens_max_(std::min(tokens_max, kTokensMax)),
      slots_(slots_for(tokens_max_), kFree),
      of_bytes_(256, kNoToken),
      of_pairs_(std::size_t{256} * 256, kNoToken) {
  starts_.reserve(tokens_max_ + 1);
  bytes_.reserve(tokens_max_ * 7);
}

bool RankTable::add(std::string_view bytes) {
  if (bytes.empty() || size() == tokens_max_ || find(bytes) != kNoToken) return false;
  const auto token = static_cast<TokenId>(size());
  const std::uint64_t hash = hash_of(bytes);
  const std::size_t mask = slots_.size() - 1;
  std::size_t slot = hash & mask;
  while (slots_[slot] != kFree) slot = (slot + 1) & mask;
  slots_[slot] = tag_of(hash) << 32U | token;
  bytes_ += bytes;
  starts_.push_back(static_cast<std::uint32_t>(bytes_.size()));
  longest_ = std::max(longest_, bytes.size());
  const auto first = static_cast<unsigned char>(bytes.front());
  if (bytes.size() == 1) of_bytes_[first] = token;
  if (bytes.size() == 2) of_pairs_[first * std::size_t{256} + static_cast<unsigned char>(bytes[1])] = token;
  return true;
}

TokenId RankTable::find(std::string_view bytes) const {
  if (bytes.size() > longest_) return kNoToken;
  const std::uint64_t hash = hash_of(bytes);
  const std::size_t mask = slots_.size() - 1;
  for (std::size_t slot = hash & mask; slots_[slot] != kFree; slot = (slot + 1) & mask) {
    if (slots_[slot] >> 32U != tag_of(hash)) continue;
    const auto token = static_cast<TokenId>(slots_[slot]);
    if (bytes_of(token) == bytes) return token;
  }
  return kNoToken;
}

std::string_view RankTable::bytes_of(TokenId token) const {
  return std::string_view(bytes_).substr(starts_[token], starts_[token + 1] - starts_[token]);
}

std::size_t RankTable::memory_bytes() const {
  return bytes_.capacity() + starts_.capacity() * sizeof(std::uint32_t) + slots_.capacity() * sizeof(std::uint64_t) +
         (of_bytes_.capacity() + of_pairs_.capacity()) * sizeof(TokenId);
}

}  // namespace orchestrator::harness::tokens
