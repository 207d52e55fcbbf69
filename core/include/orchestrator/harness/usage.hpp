// SPDX-License-Identifier: Apache-2.0
#pragma once

// What an attempt or a run used: tokens and time, as providers report them. Values: nothing is shared, and any thread
// may read a copy.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace orchestrator::harness {

inline constexpr std::size_t kUnpricedMax = 8;

/// Token counts as a provider reported them; empty is unknown, which is not zero. `input` includes cached and
/// cache-written tokens, `output` includes reasoning tokens where the provider counts them so.
struct Usage {
  std::optional<std::uint64_t> input;
  std::optional<std::uint64_t> cached_input;
  std::optional<std::uint64_t> cache_write;
  std::optional<std::uint64_t> output;
  std::optional<std::uint64_t> reasoning;
  std::optional<std::uint64_t> total;  // as sent; a check, never a source
  bool invalid = false;                // a value that was sent was nonsense and was left out
  /// What the answer had that a price by tokens does not cover, such as `service_tier:flex`, `cache_write_1h`,
  /// `hosted_tools`: with any of them the cost is unknown. At most `kUnpricedMax`, each once.
  std::vector<std::string> unpriced = {};
  bool operator==(const Usage&) const = default;
};

/// Times of a run in microseconds; empty where it did not happen.
struct Latencies {
  std::optional<std::uint64_t> queue_us;        // acceptance to the first slot
  std::optional<std::uint64_t> first_token_us;  // first request to its first output of any kind
  std::optional<std::uint64_t> inter_token_p50_us;
  std::optional<std::uint64_t> inter_token_p95_us;
  std::uint64_t model_us = 0;  // sum over attempts, request to end
  std::uint64_t tool_us = 0;
  std::uint64_t total_us = 0;
  bool operator==(const Latencies&) const = default;
};

}  // namespace orchestrator::harness
