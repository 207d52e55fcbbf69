// SPDX-License-Identifier: Apache-2.0
#pragma once

// HTTP header lists as the codec sees them, and how long a provider asks to wait: `retry-after-ms`, and `retry-after`
// as seconds, fractional seconds or HTTP date. Integer arithmetic only. Pure functions, safe on any thread.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "orchestrator/harness/stream.hpp"

namespace orchestrator::harness::codec {

/// Name and value of each header line, in order. Names compare without regard to case.
using Headers = std::vector<std::pair<std::string, std::string>>;

/// The first value of the header `name` (given in lower case), trimmed; empty where there is none.
/// Valid as long as `headers`.
[[nodiscard]] std::string_view find_header(const Headers& headers, std::string_view name);

inline constexpr std::uint64_t kRetryAfterMaxMs = 60'000;

/// A wait that was asked for, within 0 and `kRetryAfterMaxMs`.
struct RetryDelay {
  std::uint64_t delay_ms = 0;
  bool clamped = false;  // what was sent was outside the range
  bool operator==(const RetryDelay&) const = default;
};

/// A duration in seconds, such as `30`, `1.5`, `48.9s`, `-5` or `1e9`; nothing where it is none.
[[nodiscard]] std::optional<RetryDelay> parse_delay_seconds(std::string_view text);

/// An HTTP date (RFC 9110: IMF-fixdate, RFC 850, asctime) as microseconds since 1970; nothing where it is none.
[[nodiscard]] std::optional<WallTime> parse_http_date(std::string_view text);

/// What the headers ask for. A `retry-after-ms` of 0 falls through to `retry-after`, because some hosts send both.
[[nodiscard]] std::optional<RetryDelay> retry_delay_of(const Headers& headers, WallTime now);

}  // namespace orchestrator::harness::codec
