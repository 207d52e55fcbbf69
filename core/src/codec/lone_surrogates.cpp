// SPDX-License-Identifier: Apache-2.0
#include "codec/lone_surrogates.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>

namespace orchestrator::harness::codec {
namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";

bool is_high(char32_t unit) { return unit >= 0xD800 && unit <= 0xDBFF; }
bool is_low(char32_t unit) { return unit >= 0xDC00 && unit <= 0xDFFF; }

// The code unit of the escape `\uXXXX` at `at`, if there is one.
std::optional<char32_t> escaped_unit(std::string_view text, std::size_t at) {
  if (text.size() < at + 6 || text[at] != '\\' || text[at + 1] != 'u') return std::nullopt;
  char32_t unit = 0;
  for (const char digit : text.substr(at + 2, 4)) {
    char32_t value = 0;
    if (digit >= '0' && digit <= '9') {
      value = static_cast<char32_t>(digit - '0');
    } else if (digit >= 'a' && digit <= 'f') {
      value = static_cast<char32_t>(digit - 'a' + 10);
    } else if (digit >= 'A' && digit <= 'F') {
      value = static_cast<char32_t>(digit - 'A' + 10);
    } else {
      return std::nullopt;
    }
    unit = unit * 16 + value;
  }
  return unit;
}

void append_three_bytes(std::string& out, char32_t unit) {
  out += static_cast<char>(0xE0U | (unit >> 12));
  out += static_cast<char>(0x80U | ((unit >> 6) & 0x3FU));
  out += static_cast<char>(0x80U | (unit & 0x3FU));
}

void append_pair(std::string& out, char32_t high, char32_t low) {
  const char32_t scalar = 0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00);
  out += static_cast<char>(0xF0U | (scalar >> 18));
  out += static_cast<char>(0x80U | ((scalar >> 12) & 0x3FU));
  out += static_cast<char>(0x80U | ((scalar >> 6) & 0x3FU));
  out += static_cast<char>(0x80U | (scalar & 0x3FU));
}

// The half whose three bytes begin at `at`; 0 where there is none.
char32_t half_at(std::string_view text, std::size_t at) {
  if (text.size() < at + 3) return 0;
  const auto second = static_cast<unsigned char>(text[at + 1]);
  const auto third = static_cast<unsigned char>(text[at + 2]);
  if (static_cast<unsigned char>(text[at]) != 0xED || second < 0xA0) return 0;
  return 0xD000U | (static_cast<char32_t>(second & 0x3FU) << 6) | (third & 0x3FU);
}

std::size_t find_half(std::string_view text, std::size_t from) {
  for (;;) {
    const std::size_t at = text.find('\xED', from);
    if (at == std::string_view::npos || half_at(text, at) != 0) return at;
    from = at + 1;
  }
}

}  // namespace

std::string rewrite_lone_surrogates(std::string_view json_text, LoneSurrogates surrogates) {
  std::string out;
  out.reserve(json_text.size());
  std::size_t at = 0;
  while (at < json_text.size()) {
    const std::size_t escape = json_text.find('\\', at);
    out += json_text.substr(at, escape == std::string_view::npos ? escape : escape - at);
    if (escape == std::string_view::npos) break;
    const auto unit = escaped_unit(json_text, escape);
    std::size_t size = unit ? 6 : 2;
    if (unit && is_high(*unit)) {
      const auto next = escaped_unit(json_text, escape + 6);
      if (next && is_low(*next)) size = 12;
    }
    at = escape + size;
    if (!unit || size == 12 || (!is_high(*unit) && !is_low(*unit))) {
      out += json_text.substr(escape, size);
    } else if (surrogates == LoneSurrogates::replace) {
      out += "\\ufffd";
    } else {
      append_three_bytes(out, *unit);
    }
  }
  return out;
}

std::string_view SurrogateJoiner::join(std::string_view piece, std::string& scratch) {
  std::size_t half = find_half(piece, 0);
  if (piece.empty() || (half == std::string_view::npos && high_ == 0)) return piece;
  scratch.clear();
  std::size_t at = 0;
  while (at < piece.size()) {
    if (half != at) {
      scratch += finish();
      const std::size_t end = half == std::string_view::npos ? piece.size() : half;
      scratch += piece.substr(at, end - at);
      at = end;
      continue;
    }
    const char32_t unit = half_at(piece, at);
    at += 3;
    half = find_half(piece, at);
    if (is_low(unit) && high_ != 0) {
      append_pair(scratch, high_, unit);
      high_ = 0;
      continue;
    }
    scratch += finish();
    if (is_high(unit)) {
      high_ = unit;
    } else {
      scratch += kReplacement;
    }
  }
  return scratch;
}

std::string_view SurrogateJoiner::finish() {
  if (high_ == 0) return {};
  high_ = 0;
  return kReplacement;
}

}  // namespace orchestrator::harness::codec
