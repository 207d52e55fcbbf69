// SPDX-License-Identifier: Apache-2.0
#pragma once

// Times, counts and money for people. Pure functions; times of day are UTC.

#include <cstdint>
#include <optional>
#include <string>

#include "orchestrator/harness/stream.hpp"

namespace orchestrator::cli {

/// `850 us`, `12 ms`, `1.25 s`, `3 min 20 s`, `2 h 5 min`.
[[nodiscard]] std::string duration_text(std::uint64_t microseconds);

/// `12 in, 34 out tokens`, with `?` for what is unknown, and cached and reasoning tokens where there are any.
[[nodiscard]] std::string usage_text(const harness::Usage& usage);

/// `$0.001234`; empty where the cost is unknown.
[[nodiscard]] std::string cost_text(const std::optional<std::uint64_t>& micro_usd);

/// `queue 1 ms, first token 310 ms, total 1.25 s`.
[[nodiscard]] std::string latency_text(const harness::Latencies& latencies);

/// `2026-11-22 14:45:56`.
[[nodiscard]] std::string time_text(harness::WallTime time);

/// `1.5 KiB`.
[[nodiscard]] std::string size_text(std::uint64_t bytes);

}  // namespace orchestrator::cli
