// SPDX-License-Identifier: Apache-2.0
#include "tokens/byte_pairs.hpp"

#include <algorithm>
#include <array>
#include <functional>

namespace orchestrator::harness::tokens {
namespace {

// Up to here looking through all pairs for each merge is faster than keeping them in order.
constexpr std::size_t kShortBytes = 64;

// A rank and a place in one word, ordered by rank, then place.
constexpr unsigned kPlaceBits = 44;
static_assert(kTokensMax <= std::size_t{1} << (64U - kPlaceBits));
constexpr std::uint64_t kPlaceMask = (std::uint64_t{1} << kPlaceBits) - 1;

unsigned char byte_at(std::string_view piece, std::size_t at) { return static_cast<unsigned char>(piece[at]); }

struct Part {
  std::size_t start = 0;
  TokenId rank = kNoToken;  // together with the part to the right
};

}  // namespace

std::uint64_t BytePairs::tokens_of(std::string_view piece, std::vector<TokenId>* ids) {
  if (piece.empty()) return 0;
  if (const TokenId token = table_.find(piece); token != kNoToken) {
    if (ids != nullptr) ids->push_back(token);
    return 1;
  }
  return piece.size() <= kShortBytes ? merge_short(piece, ids) : merge_long(piece, ids);
}

std::uint64_t BytePairs::merge_short(std::string_view piece, std::vector<TokenId>* ids) {
  std::array<Part, kShortBytes + 1> parts{};
  std::size_t count = piece.size();
  for (std::size_t i = 0; i + 1 < count; ++i) parts[i] = {i, table_.find(byte_at(piece, i), byte_at(piece, i + 1))};
  parts[count - 1].start = count - 1;
  parts[count].start = count;
  const auto rank_of = [&](std::size_t i) {
    if (i + 2 > count) return kNoToken;
    return table_.find(piece.substr(parts[i].start, parts[i + 2].start - parts[i].start));
  };
  while (count > 1) {
    std::size_t best = 0;
    for (std::size_t i = 1; i + 1 < count; ++i) best = parts[i].rank < parts[best].rank ? i : best;
    if (parts[best].rank == kNoToken) break;
    std::copy(parts.begin() + static_cast<std::ptrdiff_t>(best) + 2,
              parts.begin() + static_cast<std::ptrdiff_t>(count) + 1,
              parts.begin() + static_cast<std::ptrdiff_t>(best) + 1);
    --count;
    parts[best].rank = rank_of(best);
    if (best > 0) parts[best - 1].rank = rank_of(best - 1);
  }
  for (std::size_t i = 0; ids != nullptr && i < count; ++i) {
    ids->push_back(table_.find(piece.substr(parts[i].start, parts[i + 1].start - parts[i].start)));
  }
  return count;
}

std::uint64_t BytePairs::merge_long(std::string_view piece, std::vector<TokenId>* ids) {
  const std::size_t size = piece.size();
  next_.resize(size + 1);
  previous_.resize(size + 1);
  ranks_.assign(size + 1, kNoToken);
  queue_.clear();
  for (std::size_t at = 0; at <= size; ++at) {
    next_[at] = at + 1;
    previous_[at] = at - 1;  // of the first one: never looked at
  }
  for (std::size_t at = 0; at + 1 < size; ++at) {
    ranks_[at] = table_.find(byte_at(piece, at), byte_at(piece, at + 1));
    if (ranks_[at] != kNoToken) queue_.push_back(std::uint64_t{ranks_[at]} << kPlaceBits | at);
  }
  std::ranges::make_heap(queue_, std::greater{});
  while (!queue_.empty()) {
    std::ranges::pop_heap(queue_, std::greater{});
    const std::uint64_t lowest = queue_.back();
    queue_.pop_back();
    const std::size_t at = lowest & kPlaceMask;
    // A part only grows, so a pair that was queued and is gone never comes back with the same rank.
    if (ranks_[at] == lowest >> kPlaceBits) merge_pair(piece, at);
  }
  return parts_of(piece, ids);
}

void BytePairs::merge_pair(std::string_view piece, std::size_t at) {
  const std::size_t right = next_[at];
  ranks_[right] = kNoToken;
  next_[at] = next_[right];
  previous_[next_[at]] = at;
  rank_pair(piece, at);
  if (at > 0) rank_pair(piece, previous_[at]);
}

void BytePairs::rank_pair(std::string_view piece, std::size_t at) {
  const std::size_t right = next_[at];
  ranks_[at] = right < piece.size() ? table_.find(piece.substr(at, next_[right] - at)) : kNoToken;
  if (ranks_[at] == kNoToken) return;
  queue_.push_back(std::uint64_t{ranks_[at]} << kPlaceBits | at);
  std::ranges::push_heap(queue_, std::greater{});
}

std::uint64_t BytePairs::parts_of(std::string_view piece, std::vector<TokenId>* ids) const {
  std::uint64_t count = 0;
  for (std::size_t at = 0; at < piece.size(); at = next_[at]) {
    ++count;
    if (ids != nullptr) ids->push_back(table_.find(piece.substr(at, next_[at] - at)));
  }
  return count;
}

}  // namespace orchestrator::harness::tokens
