// SPDX-License-Identifier: Apache-2.0
#include "sim/entropy.hpp"

#include <bit>

namespace orchestrator::harness::sim {
namespace {

// SplitMix64 (Steele, Lea, Flood 2014) spreads a seed; xoshiro256** (Blackman, Vigna 2018) draws.
std::uint64_t next_split_mix(std::uint64_t& state) {
  state += 0x9E3779B97F4A7C15ULL;
  std::uint64_t z = state;
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ULL;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBULL;
  return z ^ (z >> 31);
}

// FNV-1a.
std::uint64_t digest(std::string_view text) {
  std::uint64_t value = 0xCBF29CE484222325ULL;
  for (const char c : text) value = (value ^ static_cast<std::uint8_t>(c)) * 0x100000001B3ULL;
  return value;
}

}  // namespace

Entropy::Entropy(std::uint64_t seed, std::string_view purpose, std::uint64_t index) {
  std::uint64_t state = seed;
  state = next_split_mix(state) ^ digest(purpose);
  state = next_split_mix(state) ^ index;
  for (std::uint64_t& word : state_) word = next_split_mix(state);
}

std::uint64_t Entropy::bits() {
  const std::uint64_t result = std::rotl(state_[1] * 5, 7) * 9;
  const std::uint64_t shifted = state_[1] << 17;
  state_[2] ^= state_[0];
  state_[3] ^= state_[1];
  state_[1] ^= state_[2];
  state_[0] ^= state_[3];
  state_[2] ^= shifted;
  state_[3] = std::rotl(state_[3], 45);
  return result;
}

// The bias of the remainder is below 2^-40 for the small ends that are used here.
std::uint64_t Entropy::below(std::uint64_t end) { return bits() % end; }

std::uint64_t Entropy::magnitude(std::uint64_t first, std::uint64_t last) {
  const auto low = static_cast<std::uint64_t>(std::bit_width(first)) - 1;
  const auto high = static_cast<std::uint64_t>(std::bit_width(last)) - 1;
  const std::uint64_t floor = 1ULL << between(low, high);
  const std::uint64_t value = floor + below(floor);
  return value < first ? first : (value > last ? last : value);
}

}  // namespace orchestrator::harness::sim
