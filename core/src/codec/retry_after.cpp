// SPDX-License-Identifier: Apache-2.0
#include "codec/retry_after.hpp"

#include <algorithm>
#include <array>

namespace orchestrator::harness::codec {
namespace {

constexpr std::uint64_t kSaturated = 1'000'000'000'000'000;  // far above any delay that is taken

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }

bool equal_ignoring_case(std::string_view a, std::string_view b) {
  return std::ranges::equal(a, b, [](char x, char y) { return lower(x) == lower(y); });
}

std::string_view trim(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

RetryDelay clamp_delay(bool negative, std::uint64_t delay_ms) {
  if (negative && delay_ms > 0) return {.delay_ms = 0, .clamped = true};
  if (delay_ms > kRetryAfterMaxMs) return {.delay_ms = kRetryAfterMaxMs, .clamped = true};
  return {.delay_ms = delay_ms, .clamped = false};
}

// Takes the digits at the front of `text` as a number that stops growing at `kSaturated`.
std::optional<std::uint64_t> take_number(std::string_view& text) {
  if (text.empty() || !is_digit(text.front())) return std::nullopt;
  std::uint64_t value = 0;
  while (!text.empty() && is_digit(text.front())) {
    value = std::min(kSaturated, value * 10 + static_cast<std::uint64_t>(text.front() - '0'));
    text.remove_prefix(1);
  }
  return value;
}

// [sign] digits [. digits] [e [+] digits], times 10^`decimals` and rounded down: milliseconds.
std::optional<RetryDelay> parse_decimal(std::string_view text, unsigned decimals) {
  bool negative = false;
  if (!text.empty() && (text.front() == '-' || text.front() == '+')) {
    negative = text.front() == '-';
    text.remove_prefix(1);
  }
  auto value = take_number(text);
  if (!value) return std::nullopt;
  std::string_view fraction;
  if (!text.empty() && text.front() == '.') {
    text.remove_prefix(1);
    const auto length = static_cast<std::size_t>(std::ranges::find_if_not(text, is_digit) - text.begin());
    fraction = text.substr(0, length);
    text.remove_prefix(length);
  }
  std::uint64_t shift = decimals;
  if (!text.empty() && lower(text.front()) == 'e') {
    text.remove_prefix(1);
    if (!text.empty() && text.front() == '+') text.remove_prefix(1);
    const auto exponent = take_number(text);
    if (!exponent) return std::nullopt;
    shift += std::min<std::uint64_t>(*exponent, 30);
  }
  if (!text.empty()) return std::nullopt;
  for (std::uint64_t i = 0; i < shift; ++i) {
    const auto digit = i < fraction.size() ? static_cast<std::uint64_t>(fraction[i] - '0') : 0;
    *value = std::min(kSaturated, *value * 10 + digit);
  }
  return clamp_delay(negative, *value);
}

// Days from 1970-01-01 to a date of the Gregorian calendar.
std::int64_t days_of(std::int64_t year, std::int64_t month, std::int64_t day) {
  const std::int64_t y = month <= 2 ? year - 1 : year;
  const std::int64_t era = y / 400;
  const std::int64_t year_of_era = y - era * 400;
  const std::int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
  const std::int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
  return era * 146'097 + day_of_era - 719'468;
}

std::optional<std::int64_t> month_of(std::string_view name) {
  static constexpr std::array<std::string_view, 12> kMonths = {"jan", "feb", "mar", "apr", "may", "jun",
                                                               "jul", "aug", "sep", "oct", "nov", "dec"};
  for (std::size_t i = 0; i < kMonths.size(); ++i) {
    if (equal_ignoring_case(kMonths[i], name)) return static_cast<std::int64_t>(i) + 1;
  }
  return std::nullopt;
}

// The words of a date, split at blanks, commas and dashes; at most 8.
std::vector<std::string_view> words_of(std::string_view text) {
  std::vector<std::string_view> words;
  std::size_t start = 0;
  for (std::size_t i = 0; i <= text.size(); ++i) {
    if (i < text.size() && text[i] != ' ' && text[i] != ',' && text[i] != '-') continue;
    if (i > start && words.size() < 8) words.push_back(text.substr(start, i - start));
    start = i + 1;
  }
  return words;
}

std::optional<std::int64_t> whole_number(std::string_view word, std::int64_t max) {
  const auto value = take_number(word);
  if (!value || !word.empty() || *value > static_cast<std::uint64_t>(max)) return std::nullopt;
  return static_cast<std::int64_t>(*value);
}

std::optional<std::int64_t> seconds_of_day(std::string_view clock) {
  if (clock.size() != 8 || clock[2] != ':' || clock[5] != ':') return std::nullopt;
  const auto hour = whole_number(clock.substr(0, 2), 23);
  const auto minute = whole_number(clock.substr(3, 2), 59);
  const auto second = whole_number(clock.substr(6, 2), 60);
  if (!hour || !minute || !second) return std::nullopt;
  return *hour * 3600 + *minute * 60 + *second;
}

}  // namespace

std::string_view find_header(const Headers& headers, std::string_view name) {
  for (const auto& [key, value] : headers) {
    if (equal_ignoring_case(key, name)) return trim(value);
  }
  return {};
}

std::optional<RetryDelay> parse_delay_seconds(std::string_view text) {
  text = trim(text);
  if (!text.empty() && lower(text.back()) == 's') text.remove_suffix(1);
  return parse_decimal(text, 3);
}

std::optional<WallTime> parse_http_date(std::string_view text) {
  // `Sun, 06 Nov 1994 08:49:37 GMT`, `Sunday, 06-Nov-94 08:49:37 GMT`, `Sun Nov  6 08:49:37 1994`.
  const auto words = words_of(trim(text));
  if (words.size() < 5) return std::nullopt;
  const bool asctime = month_of(words[1]).has_value();
  const auto month = month_of(asctime ? words[1] : words[2]);
  const auto day = whole_number(asctime ? words[2] : words[1], 31);
  const auto clock = seconds_of_day(asctime ? words[3] : words[4]);
  const std::string_view year_word = asctime ? words[4] : words[3];
  auto year = whole_number(year_word, 9999);
  if (!month || !day || *day == 0 || !clock || !year) return std::nullopt;
  if (year_word.size() == 2) *year += *year < 70 ? 2000 : 1900;
  return WallTime{(days_of(*year, *month, *day) * 86'400 + *clock) * 1'000'000};
}

std::optional<RetryDelay> retry_delay_of(const Headers& headers, WallTime now) {
  const auto exact = parse_decimal(find_header(headers, "retry-after-ms"), 0);
  if (exact && exact->delay_ms > 0) return exact;
  const std::string_view text = find_header(headers, "retry-after");
  if (auto delay = parse_delay_seconds(text)) return delay;
  if (const auto date = parse_http_date(text)) {
    const bool past = date->unix_us < now.unix_us;
    const auto delay_us = static_cast<std::uint64_t>(past ? 0 : date->unix_us - now.unix_us);
    return clamp_delay(false, (delay_us + 999) / 1000);
  }
  return exact;
}

}  // namespace orchestrator::harness::codec
