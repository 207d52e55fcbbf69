// SPDX-License-Identifier: Apache-2.0
#pragma once

// Amounts as people write them: times and sizes with a unit. Pure functions, safe on any thread. An error is the
// end of a sentence that says what is allowed.

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>

namespace orchestrator::cli {

/// Milliseconds of `250ms`, `90s`, `5m`, `1h30m`, `2d`: whole numbers with units, largest first; 1 ms to 365 d.
[[nodiscard]] std::expected<std::uint64_t, std::string> parse_duration_ms(std::string_view text);

/// Bytes of `4096`, `64KiB`, `16 MiB`, `1GB`: a whole number with B, kB, KB, KiB, MB, MiB, GB or GiB.
[[nodiscard]] std::expected<std::uint64_t, std::string> parse_size_bytes(std::string_view text);

/// Micro-USD of `2`, `0.05` or `12.345678`: dollars with at most six places, up to 1000000.
[[nodiscard]] std::expected<std::uint64_t, std::string> parse_usd_micro(std::string_view text);

/// A whole number from `least` to `most`, in digits alone.
[[nodiscard]] std::expected<std::uint64_t, std::string> parse_count(std::string_view text, std::uint64_t least,
                                                                    std::uint64_t most);

}  // namespace orchestrator::cli
