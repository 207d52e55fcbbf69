// SPDX-License-Identifier: Apache-2.0
#pragma once

// Wall times as RFC 3339 text in UTC with exactly six decimals, such as 2026-11-22T14:45:56.123456Z.
// Pure functions on the proleptic Gregorian calendar, without the system's time zone or clock.

#include <optional>
#include <string>
#include <string_view>

#include "orchestrator/harness/stream.hpp"

namespace orchestrator::harness::event {

/// Appends the text form; years outside 0000 to 9999 are clamped to that range.
void append_rfc3339(std::string& out, WallTime time);

/// The inverse, for exactly that form; nothing for any other text or a date that does not exist.
[[nodiscard]] std::optional<WallTime> parse_rfc3339(std::string_view text);

}  // namespace orchestrator::harness::event
