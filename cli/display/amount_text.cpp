// SPDX-License-Identifier: Apache-2.0
#include "cli/display/amount_text.hpp"

#include <algorithm>
#include <array>

#include "event/timestamp.hpp"

namespace orchestrator::cli {
namespace {

/// `value / unit` with two decimals, rounded down.
std::string two_decimals(std::uint64_t value, std::uint64_t unit) {
  const std::uint64_t cents = value % unit * 100 / unit;
  return std::to_string(value / unit) + (cents < 10 ? ".0" : ".") + std::to_string(cents);
}

std::string count_text(const std::optional<std::uint64_t>& count) { return count ? std::to_string(*count) : "?"; }

}  // namespace

std::string duration_text(std::uint64_t microseconds) {
  constexpr std::uint64_t second = 1'000'000;
  if (microseconds < 1'000) {
    return std::to_string(microseconds) + " us";
  }
  if (microseconds < second) {
    return std::to_string(microseconds / 1'000) + " ms";
  }
  if (microseconds < 60 * second) {
    return two_decimals(microseconds, second) + " s";
  }
  const std::uint64_t seconds = microseconds / second;
  if (seconds < 3'600) {
    return std::to_string(seconds / 60) + " min " + std::to_string(seconds % 60) + " s";
  }
  return std::to_string(seconds / 3'600) + " h " + std::to_string(seconds % 3'600 / 60) + " min";
}

std::string usage_text(const harness::Usage& usage) {
  std::string text = count_text(usage.input) + " in";
  if (usage.cached_input.value_or(0) > 0) {
    text += " (" + count_text(usage.cached_input) + " cached)";
  }
  text += ", " + count_text(usage.output) + " out";
  if (usage.reasoning.value_or(0) > 0) {
    text += " (" + count_text(usage.reasoning) + " reasoning)";
  }
  text += " tokens";
  for (const std::string& term : usage.unpriced) {
    text += (&term == &usage.unpriced.front() ? ", at a price that is not known: " : ", ") + term;
  }
  return text;
}

std::string cost_text(const std::optional<std::uint64_t>& micro_usd) {
  if (!micro_usd) {
    return {};
  }
  std::string micros = std::to_string(*micro_usd % 1'000'000);
  micros.insert(0, 6 - micros.size(), '0');
  return "$" + std::to_string(*micro_usd / 1'000'000) + "." + micros;
}

std::string latency_text(const harness::Latencies& latencies) {
  std::string text;
  if (latencies.queue_us) {
    text += "queue " + duration_text(*latencies.queue_us) + ", ";
  }
  if (latencies.first_token_us) {
    text += "first token " + duration_text(*latencies.first_token_us) + ", ";
  }
  if (latencies.inter_token_p50_us && latencies.inter_token_p95_us) {
    text += "between tokens " + duration_text(*latencies.inter_token_p50_us) + " (p95 " +
            duration_text(*latencies.inter_token_p95_us) + "), ";
  }
  return text + "total " + duration_text(latencies.total_us);
}

std::string time_text(harness::WallTime time) {
  if (time == harness::WallTime()) return "unknown";
  std::string text;
  harness::event::append_rfc3339(text, time);
  text.resize(19);
  std::ranges::replace(text, 'T', ' ');
  return text;
}

std::string size_text(std::uint64_t bytes) {
  constexpr auto units = std::to_array<const char*>({"KiB", "MiB", "GiB", "TiB"});
  if (bytes < 1'024) {
    return std::to_string(bytes) + " B";
  }
  std::size_t unit = 0;
  std::uint64_t scale = 1'024;
  while (unit + 1 < units.size() && bytes / scale >= 1'024) {
    scale *= 1'024;
    ++unit;
  }
  return std::to_string(bytes / scale) + "." + std::to_string(bytes % scale * 10 / scale) + " " + units.at(unit);
}

}  // namespace orchestrator::cli
