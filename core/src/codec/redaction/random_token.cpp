// SPDX-License-Identifier: Apache-2.0
#include "codec/redaction/random_token.hpp"

#include <algorithm>
#include <array>

namespace orchestrator::harness::codec {
namespace {

using std::string_view_literals::operator""sv;

bool is_lower(char c) { return c >= 'a' && c <= 'z'; }
bool is_upper(char c) { return c >= 'A' && c <= 'Z'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_letter(char c) { return is_lower(c) || is_upper(c); }
bool is_alnum(char c) { return is_letter(c) || is_digit(c); }
bool is_hex(char c) { return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }
bool is_token(char c) { return is_alnum(c) || c == '+' || c == '/' || c == '_' || c == '-'; }

// n * log2(n) in 1/65,536, by repeated squaring.
constexpr std::uint64_t n_log2_n(std::uint64_t n) {
  if (n < 2) return 0;
  std::uint64_t whole = 0;
  while ((n >> (whole + 1)) != 0) ++whole;
  std::uint64_t x = (n << 30) >> whole;  // in [1, 2), 30 bits behind the point
  std::uint64_t fraction = 0;
  for (int bit = 0; bit < 16; ++bit) {
    x = (x * x) >> 30;
    fraction <<= 1;
    if (x >= (2ULL << 30)) {
      fraction |= 1;
      x >>= 1;
    }
  }
  return n * ((whole << 16) | fraction);
}

constexpr auto kNLog2N = [] {
  std::array<std::uint64_t, kRandomBytesMax + 1> table{};
  for (std::uint64_t n = 0; n < table.size(); ++n) table[n] = n_log2_n(n);
  return table;
}();

// Ids of this system (`core/src/event/ids.cpp`) and of providers, digests named by their algorithm, public keys.
constexpr std::array kPlainPrefixes{
    "run_"sv,     "ses_"sv,    "hint_"sv,   "mem_"sv,    "call_"sv,     "msg_"sv,      "resp_"sv,
    "req_"sv,     "rs_"sv,     "fc_"sv,     "toolu_"sv,  "chatcmpl-"sv, "cmpl-"sv,     "file-"sv,
    "item_"sv,    "batch_"sv,  "thread_"sv, "asst_"sv,   "ws_"sv,       "ci_"sv,       "gen-"sv,
    "sha1-"sv,    "sha256-"sv, "sha384-"sv, "sha512-"sv, "srvtoolu_"sv, "AAAAB3Nza"sv, "AAAAC3Nza"sv,
    "AAAAE2Vj"sv, "vs_"sv,     "0x"sv,      "step_"sv,   "cus_"sv,      "evt_"sv,      "fp_"sv};
constexpr std::array kPlainBefore{"base64,"sv, "h1:"sv, "SHA256:"sv, "sha256:"sv, "sha512:"sv, "sha1:"sv, "md5:"sv};

bool is_ulid(std::string_view text) {
  return text.size() == 26 && text[0] <= '7' && std::ranges::all_of(text, [](char c) {
           return is_digit(c) || (is_upper(c) && c != 'I' && c != 'L' && c != 'O' && c != 'U');
         });
}

int base64_value(char c) {
  if (is_upper(c)) return c - 'A';
  if (is_lower(c)) return c - 'a' + 26;
  if (is_digit(c)) return c - '0' + 52;
  return c == '+' || c == '-' ? 62 : 63;
}

// True where the base64 text stands for printable text: less than one byte in sixteen is not.
bool is_encoded_text(std::string_view token) {
  std::size_t bytes = 0;
  std::size_t odd = 0;
  for (std::size_t i = 0; i + 4 <= token.size(); i += 4) {
    std::uint32_t group = 0;
    for (std::size_t k = 0; k < 4; ++k) group = group << 6 | static_cast<std::uint32_t>(base64_value(token[i + k]));
    for (const std::uint32_t byte : {group >> 16 & 0xFFU, group >> 8 & 0xFFU, group & 0xFFU}) {
      ++bytes;
      if (!(byte == '\n' || byte == '\t' || byte == '\r' || (byte >= 0x20 && byte < 0x7F))) ++odd;
    }
  }
  return bytes > 0 && odd * 16 < bytes;
}

// Words of any case, numbers, hex, and words with a number in front or behind.
bool is_plain_part(std::string_view part) {
  if (part.size() <= 4 || std::ranges::all_of(part, is_hex)) return true;
  const auto changes_at = [&](std::size_t i) { return is_digit(part[i]) != is_digit(part[i - 1]); };
  std::size_t changes = 0;
  for (std::size_t i = 1; i < part.size(); ++i) changes += changes_at(i) ? 1U : 0U;
  return changes <= 1 && part.size() < 16 ? true
                                          : changes == 0 && std::ranges::none_of(part, is_digit) && part.size() < 24;
}

struct Mixed {
  std::array<char, kRandomBytesMax> text;  // the first `size` bytes
  std::size_t size = 0;
  std::size_t digit_changes = 0;  // between letters and digits
  std::size_t case_changes = 0;
  std::size_t small_pairs = 0;  // small letters side by side, of which words have many
};

void take_part(Mixed& mixed, std::string_view part) {
  if (is_plain_part(part)) return;
  for (std::size_t i = 0; i < part.size(); ++i) {
    mixed.text[mixed.size++] = part[i];
    if (i == 0) continue;
    if (is_digit(part[i]) != is_digit(part[i - 1])) {
      ++mixed.digit_changes;
    } else if (is_letter(part[i]) && is_lower(part[i]) != is_lower(part[i - 1])) {
      ++mixed.case_changes;
    } else if (is_lower(part[i])) {
      ++mixed.small_pairs;
    }
  }
}

bool looks_random(const Mixed& mixed) {
  const std::string_view text(mixed.text.data(), mixed.size);
  if (text.size() < kRandomBytesMin) return false;
  const auto digits = static_cast<std::size_t>(std::ranges::count_if(text, is_digit));
  const bool lower = std::ranges::any_of(text, is_lower);
  const bool upper = std::ranges::any_of(text, is_upper);
  const std::uint32_t entropy = entropy_q16(text);
  const std::size_t changes = mixed.digit_changes + mixed.case_changes;
  constexpr std::uint32_t kBit = 65'536;
  if (lower && upper) {
    return digits >= 2 && mixed.digit_changes >= 3 && mixed.small_pairs * 100 <= text.size() * 38 &&
           changes * 100 >= text.size() * 38 && entropy >= (text.size() >= 32 ? kBit * 42 / 10 : kBit * 37 / 10);
  }
  return text.size() >= 30 && digits >= 4 && mixed.digit_changes * 100 >= text.size() * 24 && entropy >= kBit * 39 / 10;
}

bool is_random(std::string_view token, std::string_view before) {
  if (std::ranges::all_of(token, is_hex)) return false;
  Mixed mixed;  // its text is not zeroed: it is long
  for (std::size_t at = 0; at < token.size();) {
    const std::size_t begin = at;
    while (at < token.size() && is_alnum(token[at])) ++at;
    take_part(mixed, token.substr(begin, at - begin));
    if (at < token.size()) ++at;
  }
  if (!looks_random(mixed) || is_ulid(token) || is_encoded_text(token)) return false;
  const auto begins = [&](std::string_view prefix) { return token.starts_with(prefix); };
  const auto follows = [&](std::string_view mark) { return before.ends_with(mark); };
  return std::ranges::none_of(kPlainPrefixes, begins) && std::ranges::none_of(kPlainBefore, follows);
}

}  // namespace

std::uint32_t entropy_q16(std::string_view text) {
  text = text.substr(0, kRandomBytesMax);
  if (text.empty()) return 0;
  std::array<std::uint16_t, 256> counts{};
  for (const char c : text) ++counts[static_cast<unsigned char>(c)];
  std::uint64_t sum = kNLog2N[text.size()];
  for (const std::uint16_t count : counts) sum -= kNLog2N[count];
  return static_cast<std::uint32_t>(sum / text.size());
}

std::optional<TextFind> find_random(std::string_view text, std::string_view before) {
  for (std::size_t at = 0; at < text.size();) {
    if (!is_token(text[at])) {
      ++at;
      continue;
    }
    const std::size_t begin = at;
    while (at < text.size() && is_token(text[at])) ++at;
    const bool continues = begin == 0 && !before.empty() && is_token(before.back());
    if (continues || at - begin < kRandomBytesMin || at - begin > kRandomBytesMax) continue;
    const std::string_view token = text.substr(begin, at - begin);
    if (is_random(token, begin == 0 ? before : text.substr(0, begin)))
      return TextFind{.begin = begin, .end = at, .kind = RedactionKind::entropy};
  }
  return std::nullopt;
}

}  // namespace orchestrator::harness::codec
