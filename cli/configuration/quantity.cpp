// SPDX-License-Identifier: Apache-2.0
#include "cli/configuration/quantity.hpp"

#include <array>
#include <charconv>
#include <limits>
#include <utility>

#include "cli/display/quoted_text.hpp"

namespace orchestrator::cli {
namespace {

using Unit = std::pair<std::string_view, std::uint64_t>;

constexpr std::uint64_t kDayMs = 86'400'000;
constexpr std::uint64_t kDurationMsMax = 365 * kDayMs;
constexpr auto kTimeUnits =
    std::to_array<Unit>({{"d", kDayMs}, {"h", 3'600'000}, {"m", 60'000}, {"s", 1'000}, {"ms", 1}});
constexpr auto kSizeUnits = std::to_array<Unit>({{"", 1},
                                                 {"B", 1},
                                                 {"kB", 1'000},
                                                 {"KB", 1'000},
                                                 {"KiB", 1ULL << 10},
                                                 {"MB", 1'000'000},
                                                 {"MiB", 1ULL << 20},
                                                 {"GB", 1'000'000'000},
                                                 {"GiB", 1ULL << 30}});

std::unexpected<std::string> no_duration(std::string_view text) {
  return std::unexpected(
      "is " + quoted_text(text) +
      "; allowed: whole numbers with the units ms, s, m, h, d, such as 500ms, 90s or 1h30m, up to 365d");
}

std::unexpected<std::string> no_size(std::string_view text) {
  return std::unexpected("is " + quoted_text(text) +
                         "; allowed: a whole number with B, kB, KiB, MB, MiB, GB or GiB, such as 64KiB");
}

bool is_digit(char letter) { return letter >= '0' && letter <= '9'; }

/// Takes a whole number off the front of `text`; false where there is none or it is too large.
bool take_number(std::string_view& text, std::uint64_t& number) {
  if (text.empty() || !is_digit(text.front())) {
    return false;
  }
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{}) {
    return false;
  }
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return true;
}

std::string_view take_letters(std::string_view& text) {
  std::size_t size = 0;
  while (size < text.size() && !is_digit(text[size])) {
    ++size;
  }
  const std::string_view letters = text.substr(0, size);
  text.remove_prefix(size);
  return letters;
}

}  // namespace

std::expected<std::uint64_t, std::string> parse_duration_ms(std::string_view text) {
  std::string_view rest = text;
  std::uint64_t total = 0;
  std::size_t next_unit = 0;
  while (!rest.empty() || text.empty()) {
    std::uint64_t number = 0;
    if (!take_number(rest, number)) {
      return no_duration(text);
    }
    const std::string_view letters = take_letters(rest);
    std::size_t unit = next_unit;
    while (unit < kTimeUnits.size() && kTimeUnits[unit].first != letters) {
      ++unit;
    }
    if (unit == kTimeUnits.size() || number > kDurationMsMax / kTimeUnits[unit].second) {
      return no_duration(text);
    }
    total += number * kTimeUnits[unit].second;
    next_unit = unit + 1;
  }
  if (total == 0 || total > kDurationMsMax) {
    return no_duration(text);
  }
  return total;
}

std::expected<std::uint64_t, std::string> parse_size_bytes(std::string_view text) {
  std::string_view rest = text;
  std::uint64_t number = 0;
  if (!take_number(rest, number)) {
    return no_size(text);
  }
  while (rest.starts_with(' ')) {
    rest.remove_prefix(1);
  }
  for (const auto& [name, bytes] : kSizeUnits) {
    if (name == rest && number <= std::numeric_limits<std::int64_t>::max() / bytes) {
      return number * bytes;
    }
  }
  return no_size(text);
}

std::expected<std::uint64_t, std::string> parse_usd_micro(std::string_view text) {
  constexpr std::uint64_t kMicro = 1'000'000;
  constexpr std::uint64_t kUsdMax = 1'000'000;
  const auto refused = [&] {
    return std::unexpected("is " + quoted_text(text) +
                           "; allowed: an amount in US dollars with at most six places, such as 0.05, up to 1000000");
  };
  std::string_view rest = text;
  std::uint64_t usd = 0;
  if (!take_number(rest, usd) || usd > kUsdMax) {
    return refused();
  }
  std::uint64_t micro = usd * kMicro;
  if (rest.starts_with('.')) {
    rest.remove_prefix(1);
    const std::size_t places = rest.size();
    std::uint64_t part = 0;
    if (places > 6 || !take_number(rest, part)) {
      return refused();
    }
    for (std::size_t place = places; place < 6; ++place) {
      part *= 10;
    }
    micro += part;
  }
  if (!rest.empty() || micro == 0 || micro > kUsdMax * kMicro) {
    return refused();
  }
  return micro;
}

std::expected<std::uint64_t, std::string> parse_count(std::string_view text, std::uint64_t least, std::uint64_t most) {
  std::string_view rest = text;
  std::uint64_t number = 0;
  if (!take_number(rest, number) || !rest.empty() || number < least || number > most) {
    return std::unexpected("is " + quoted_text(text) + "; allowed: a whole number from " + std::to_string(least) +
                           " to " + std::to_string(most));
  }
  return number;
}

}  // namespace orchestrator::cli
