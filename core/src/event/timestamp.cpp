// SPDX-License-Identifier: Apache-2.0
#include "event/timestamp.hpp"

#include <algorithm>
#include <cstdint>

namespace orchestrator::harness::event {
namespace {

constexpr std::int64_t kUsPerSecond = 1'000'000;
constexpr std::int64_t kSecondsPerDay = 86'400;

struct Date {
  std::int64_t year;
  std::int64_t month;
  std::int64_t day;
  bool operator==(const Date&) const = default;
};

// Days since 1970-01-01 and back, in 400-year eras that begin on 1 March: Howard Hinnant, "chrono-Compatible
// Low-Level Date Algorithms", https://howardhinnant.github.io/date_algorithms.html.
std::int64_t days_from_date(Date date) {
  const std::int64_t year = date.month <= 2 ? date.year - 1 : date.year;
  const std::int64_t era = (year >= 0 ? year : year - 399) / 400;
  const std::int64_t year_of_era = year - era * 400;
  const std::int64_t month_from_march = date.month > 2 ? date.month - 3 : date.month + 9;
  const std::int64_t day_of_year = (153 * month_from_march + 2) / 5 + date.day - 1;
  const std::int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
  return era * 146'097 + day_of_era - 719'468;
}

Date date_from_days(std::int64_t days) {
  const std::int64_t shifted = days + 719'468;
  const std::int64_t era = (shifted >= 0 ? shifted : shifted - 146'096) / 146'097;
  const std::int64_t day_of_era = shifted - era * 146'097;
  const std::int64_t year_of_era = (day_of_era - day_of_era / 1'460 + day_of_era / 36'524 - day_of_era / 146'096) / 365;
  const std::int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  const std::int64_t month_from_march = (5 * day_of_year + 2) / 153;
  const std::int64_t month = month_from_march < 10 ? month_from_march + 3 : month_from_march - 9;
  const std::int64_t year = year_of_era + era * 400 + (month <= 2 ? 1 : 0);
  return {year, month, day_of_year - (153 * month_from_march + 2) / 5 + 1};
}

void append_padded(std::string& out, std::int64_t value, int digits) {
  std::int64_t divisor = 1;
  for (int i = 1; i < digits; ++i) divisor *= 10;
  for (; divisor > 0; divisor /= 10) out.push_back(static_cast<char>('0' + value / divisor % 10));
}

std::optional<std::int64_t> digits_at(std::string_view text, std::size_t at, std::size_t count) {
  std::int64_t value = 0;
  for (const char c : text.substr(at, count)) {
    if (c < '0' || c > '9') return std::nullopt;
    value = value * 10 + (c - '0');
  }
  return value;
}

}  // namespace

void append_rfc3339(std::string& out, WallTime time) {
  constexpr std::int64_t kMinUs = -62'167'219'200LL * kUsPerSecond;      // 0000-01-01
  constexpr std::int64_t kMaxUs = 253'402'300'800LL * kUsPerSecond - 1;  // 9999-12-31
  const std::int64_t us = std::clamp(time.unix_us, kMinUs, kMaxUs);
  const std::int64_t seconds = (us >= 0 ? us : us - (kUsPerSecond - 1)) / kUsPerSecond;
  const std::int64_t days = (seconds >= 0 ? seconds : seconds - (kSecondsPerDay - 1)) / kSecondsPerDay;
  const std::int64_t second_of_day = seconds - days * kSecondsPerDay;
  const Date date = date_from_days(days);
  append_padded(out, date.year, 4);
  out.push_back('-');
  append_padded(out, date.month, 2);
  out.push_back('-');
  append_padded(out, date.day, 2);
  out.push_back('T');
  append_padded(out, second_of_day / 3'600, 2);
  out.push_back(':');
  append_padded(out, second_of_day / 60 % 60, 2);
  out.push_back(':');
  append_padded(out, second_of_day % 60, 2);
  out.push_back('.');
  append_padded(out, us - seconds * kUsPerSecond, 6);
  out.push_back('Z');
}

std::optional<WallTime> parse_rfc3339(std::string_view text) {
  constexpr std::string_view kShape = "0000-00-00T00:00:00.000000Z";
  if (text.size() != kShape.size()) return std::nullopt;
  for (std::size_t i = 0; i < kShape.size(); ++i) {
    if (kShape[i] != '0' && text[i] != kShape[i]) return std::nullopt;
  }
  const auto year = digits_at(text, 0, 4);
  const auto month = digits_at(text, 5, 2);
  const auto day = digits_at(text, 8, 2);
  const auto hour = digits_at(text, 11, 2);
  const auto minute = digits_at(text, 14, 2);
  const auto second = digits_at(text, 17, 2);
  const auto fraction = digits_at(text, 20, 6);
  if (!year || !month || !day || !hour || !minute || !second || !fraction) return std::nullopt;
  const Date date{*year, *month, *day};
  if (*month < 1 || *month > 12 || *day < 1 || *hour > 23 || *minute > 59 || *second > 59) return std::nullopt;
  const std::int64_t days = days_from_date(date);
  if (date_from_days(days) != date) return std::nullopt;
  return WallTime{((days * 24 + *hour) * 3'600 + *minute * 60 + *second) * kUsPerSecond + *fraction};
}

}  // namespace orchestrator::harness::event
