// SPDX-License-Identifier: Apache-2.0
#include "codec/redaction/account_number.hpp"

#include <algorithm>
#include <array>
#include <cstdint>

namespace orchestrator::harness::codec {
namespace {

constexpr std::size_t kCardDigitsMin = 13;
constexpr std::size_t kCardDigitsMax = 19;

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_upper(char c) { return c >= 'A' && c <= 'Z'; }
bool is_alnum(char c) { return is_digit(c) || is_upper(c) || (c >= 'a' && c <= 'z'); }
char upper(char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; }

struct Digits {
  std::array<char, kCardDigitsMax> list{};
  std::size_t size = 0;
  [[nodiscard]] std::uint32_t front(std::size_t count) const {
    std::uint32_t value = 0;
    for (std::size_t i = 0; i < count; ++i) value = value * 10 + static_cast<std::uint32_t>(list[i] - '0');
    return value;
  }
};

// Ranges of issuers: https://en.wikipedia.org/wiki/Payment_card_number, without those that are closed.
bool is_issued(const Digits& digits) {
  const std::uint32_t two = digits.front(2);
  const std::uint32_t four = digits.front(4);
  const std::size_t size = digits.size;
  if (digits.list[0] == '4') return size == 13 || size == 16 || size == 19;           // Visa
  if ((two >= 51 && two <= 55) || (four >= 2221 && four <= 2720)) return size == 16;  // Mastercard
  if (two == 34 || two == 37) return size == 15;                                      // American Express
  if (two == 36 || two == 38 || two == 39 || (four >= 3000 && four <= 3059)) return size == 14 || size == 16;  // Diners
  if (four == 6011 || two == 65 || (four >= 6440 && four <= 6499)) return size == 16 || size == 19;  // Discover
  if (four >= 3528 && four <= 3589) return size == 16 || size == 19;                                 // JCB
  if (two == 62 || two == 81) return size >= 16;                                                     // UnionPay
  if (two == 50 || (two >= 56 && two <= 58) || four == 6304 || four == 6759 || (four >= 6761 && four <= 6763))
    return size == 16 || size == 18 || size == 19;  // Maestro
  return false;
}

// https://en.wikipedia.org/wiki/Luhn_algorithm
bool has_check_digit(const Digits& digits) {
  std::uint32_t sum = 0;
  for (std::size_t i = 0; i < digits.size; ++i) {
    auto digit = static_cast<std::uint32_t>(digits.list[digits.size - 1 - i] - '0');
    if (i % 2 == 1) digit = digit * 2 > 9 ? digit * 2 - 9 : digit * 2;
    sum += digit;
  }
  const bool is_one_digit = std::ranges::all_of(digits.list.begin(), digits.list.begin() + digits.size,
                                                [&](char c) { return c == digits.list[0]; });
  return sum % 10 == 0 && !is_one_digit;
}

// Cards are written in one piece or 4-4-4-4(-3), 4-6-5 and 4-6-4.
bool is_card_grouping(const std::array<std::size_t, kCardDigitsMax>& groups, std::size_t count, std::size_t digits) {
  if (count == 1) return true;
  if (count == 3) return groups[0] == 4 && groups[1] == 6 && (groups[2] == 5 || groups[2] == 4);
  for (std::size_t i = 0; i + 1 < count; ++i) {
    if (groups[i] != 4) return false;
  }
  return digits >= 16 && groups[count - 1] <= 4;
}

/// Reads a card number at `begin`, the first digit of a run. Returns its end, or `begin` where there is none.
std::size_t card_end(std::string_view text, std::size_t begin) {
  Digits digits;
  std::array<std::size_t, kCardDigitsMax> groups{};
  std::size_t count = 0;
  char separator = '\0';
  std::size_t at = begin;
  while (true) {
    const std::size_t group = at;
    while (at < text.size() && is_digit(text[at])) {
      if (digits.size == kCardDigitsMax) return begin;
      digits.list[digits.size++] = text[at++];
    }
    groups[count++] = at - group;
    const bool more = at + 1 < text.size() && (text[at] == ' ' || text[at] == '-' || text[at] == '.') &&
                      is_digit(text[at + 1]) && (separator == '\0' || text[at] == separator) && count < groups.size();
    const bool complete = digits.size >= kCardDigitsMin && is_card_grouping(groups, count, digits.size) &&
                          is_issued(digits) && has_check_digit(digits);
    // A longer number is read first; only a blank may part a whole number from another.
    if (complete && (!more || text[at] == ' ')) break;
    if (!more) return begin;
    separator = text[at++];
  }
  const bool joined = at < text.size() && (is_alnum(text[at]) || text[at] == '_' ||
                                           (text[at] == '.' && at + 1 < text.size() && is_digit(text[at + 1])));
  return joined ? begin : at;
}

struct Country {
  char code[3];
  std::uint8_t length;
};
// The IBAN registry of SWIFT, release 98.
constexpr auto kCountries = std::to_array<Country>(
    {{"AD", 24}, {"AE", 23}, {"AL", 28}, {"AT", 20}, {"AZ", 28}, {"BA", 20}, {"BE", 16}, {"BG", 22}, {"BH", 22},
     {"BI", 27}, {"BR", 29}, {"BY", 28}, {"CH", 21}, {"CR", 22}, {"CY", 28}, {"CZ", 24}, {"DE", 22}, {"DJ", 27},
     {"DK", 18}, {"DO", 28}, {"EE", 20}, {"EG", 29}, {"ES", 24}, {"FI", 18}, {"FK", 18}, {"FO", 18}, {"FR", 27},
     {"GB", 22}, {"GE", 22}, {"GI", 23}, {"GL", 18}, {"GR", 27}, {"GT", 28}, {"HR", 21}, {"HU", 28}, {"IE", 22},
     {"IL", 23}, {"IQ", 23}, {"IS", 26}, {"IT", 27}, {"JO", 30}, {"KW", 30}, {"KZ", 20}, {"LB", 28}, {"LC", 32},
     {"LI", 21}, {"LT", 20}, {"LU", 20}, {"LV", 21}, {"LY", 25}, {"MC", 27}, {"MD", 24}, {"ME", 22}, {"MK", 19},
     {"MN", 20}, {"MR", 27}, {"MT", 31}, {"MU", 30}, {"NI", 28}, {"NL", 18}, {"NO", 15}, {"OM", 23}, {"PK", 24},
     {"PL", 28}, {"PS", 29}, {"PT", 25}, {"QA", 29}, {"RO", 24}, {"RS", 22}, {"RU", 33}, {"SA", 24}, {"SC", 31},
     {"SD", 18}, {"SE", 24}, {"SI", 19}, {"SK", 24}, {"SM", 27}, {"SO", 23}, {"ST", 25}, {"SV", 28}, {"TL", 23},
     {"TN", 24}, {"TR", 26}, {"UA", 29}, {"VA", 22}, {"VG", 24}, {"XK", 20}, {"YE", 30}});
constexpr std::size_t kIbanBytesMax = 34;

std::size_t iban_length(char first, char second) {
  const auto found = std::ranges::find_if(
      kCountries, [&](const Country& country) { return country.code[0] == first && country.code[1] == second; });
  return found == kCountries.end() ? 0 : found->length;
}

// The remainder by 97 of the number that ISO 13616 makes of the letters and digits, the first four moved to the end.
bool has_check_digits(std::string_view iban) {
  std::uint32_t rest = 0;
  for (std::size_t i = 0; i < iban.size(); ++i) {
    const char c = upper(iban[(i + 4) % iban.size()]);
    rest = is_digit(c) ? (rest * 10 + static_cast<std::uint32_t>(c - '0')) % 97
                       : (rest * 100 + static_cast<std::uint32_t>(c - 'A') + 10) % 97;
  }
  return rest == 1;
}

/// Reads an IBAN at `begin`, the first character of a run. Returns its end, or `begin` where there is none.
std::size_t iban_end(std::string_view text, std::size_t begin) {
  if (text.size() - begin < 15 || !is_digit(text[begin + 2]) || !is_digit(text[begin + 3])) return begin;
  const std::size_t length = iban_length(upper(text[begin]), upper(text[begin + 1]));
  if (length == 0) return begin;
  std::array<char, kIbanBytesMax> iban{};
  std::size_t size = 0;
  bool grouped = false;
  bool small = false;
  std::size_t at = begin;
  while (at < text.size() && size < length) {
    if ((text[at] == ' ' || text[at] == '-') && size % 4 == 0 && size > 0 && (grouped || size == 4)) {
      grouped = true;
      ++at;
    }
    if (at == text.size() || !is_alnum(text[at])) return begin;
    small = small || !(is_upper(text[at]) || is_digit(text[at]));
    iban[size++] = text[at++];
  }
  const bool joined = at < text.size() && (is_alnum(text[at]) || text[at] == '_');
  if (size < length || joined || (small && grouped)) return begin;
  return has_check_digits(std::string_view(iban.data(), size)) ? at : begin;
}

bool begins_run(std::string_view text, std::size_t at) {
  return at == 0 || !(is_alnum(text[at - 1]) || text[at - 1] == '_');
}

}  // namespace

std::optional<TextFind> find_card(std::string_view text) {
  for (std::size_t at = 0; at + kCardDigitsMin <= text.size();) {
    if (!is_digit(text[at])) {
      ++at;
      continue;
    }
    const bool fraction = at > 1 && text[at - 1] == '.' && is_digit(text[at - 2]);
    const std::size_t end = begins_run(text, at) && !fraction ? card_end(text, at) : at;
    if (end > at) return TextFind{.begin = at, .end = end, .kind = RedactionKind::card};
    while (at < text.size() && is_digit(text[at])) ++at;
  }
  return std::nullopt;
}

std::optional<TextFind> find_iban(std::string_view text) {
  for (std::size_t at = 0; at + 15 <= text.size(); ++at) {
    if (!is_alnum(text[at]) || is_digit(text[at]) || !begins_run(text, at)) continue;
    const std::size_t end = iban_end(text, at);
    if (end > at) return TextFind{.begin = at, .end = end, .kind = RedactionKind::iban};
  }
  return std::nullopt;
}

bool begins_iban(std::string_view text) {
  if (text.size() < 4 || text.size() > kIbanBytesMax + 8 || !is_digit(text[2]) || !is_digit(text[3])) return false;
  if (!is_upper(text[0]) || !is_upper(text[1]) || iban_length(text[0], text[1]) == 0) return false;
  for (std::size_t i = 4; i < text.size(); ++i) {
    const bool fits = i % 5 == 4 ? text[i] == ' ' : is_digit(text[i]) || is_upper(text[i]);
    if (!fits) return false;
  }
  return true;
}

}  // namespace orchestrator::harness::codec
