// SPDX-License-Identifier: Apache-2.0
#pragma once

// Pseudo-random draws that are the same on every machine and with every compiler. One stream for each component and
// purpose, so that one more draw in one place does not shift the others. Not for secrets.
// A value type; one stream belongs to one owner.

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace orchestrator::harness::sim {

class Entropy {
 public:
  /// The stream of `purpose` under `seed`; `index` tells apart several of one purpose.
  Entropy(std::uint64_t seed, std::string_view purpose, std::uint64_t index = 0);

  /// 64 fresh bits.
  std::uint64_t bits();
  /// A number from 0 to `end - 1`. REQUIRES: `end` above 0.
  std::uint64_t below(std::uint64_t end);
  /// A number from `first` to `last`, both included.
  std::uint64_t between(std::uint64_t first, std::uint64_t last) { return first + below(last - first + 1); }
  /// True with a chance of `numerator` in `denominator`.
  bool chance(std::uint64_t numerator, std::uint64_t denominator) { return below(denominator) < numerator; }
  /// A number from `first` to `last` whose order of magnitude is as likely as any other. REQUIRES: `first` above 0.
  std::uint64_t magnitude(std::uint64_t first, std::uint64_t last);
  /// One of the values. REQUIRES: not empty.
  template <class T>
  const T& pick(std::span<const T> values) {
    return values[static_cast<std::size_t>(below(values.size()))];
  }
  template <class T, std::size_t N>
  const T& pick(const std::array<T, N>& values) {
    return values[static_cast<std::size_t>(below(N))];
  }

 private:
  std::array<std::uint64_t, 4> state_{};
};

}  // namespace orchestrator::harness::sim
