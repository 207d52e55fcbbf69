// SPDX-License-Identifier: Apache-2.0
#include "codec/flat_json.hpp"

#include <algorithm>
#include <bit>
#include <cstring>

namespace orchestrator::harness::codec {
namespace {

constexpr std::uint64_t kOnes = 0x0101010101010101ULL;
constexpr std::uint64_t kHighBits = 0x8080808080808080ULL;

// Marks the bytes of `word` that are zero; the lowest mark is exact.
constexpr std::uint64_t mark_zero(std::uint64_t word) { return (word - kOnes) & ~word & kHighBits; }

// The first quote, backslash or control character from `at` on, or the size of the text.
std::size_t find_special(std::string_view text, std::size_t at) {
  if constexpr (std::endian::native == std::endian::little) {
    while (at + sizeof(std::uint64_t) <= text.size()) {
      std::uint64_t word = 0;
      std::memcpy(&word, text.data() + at, sizeof word);
      const std::uint64_t marks = mark_zero(word ^ (kOnes * '"')) | mark_zero(word ^ (kOnes * '\\')) |
                                  ((word - kOnes * 0x20) & ~word & kHighBits);
      if (marks != 0) return at + static_cast<std::size_t>(std::countr_zero(marks)) / 8;
      at += sizeof word;
    }
  }
  while (at < text.size()) {
    const auto byte = static_cast<unsigned char>(text[at]);
    if (byte < 0x20 || byte == '"' || byte == '\\') break;
    ++at;
  }
  return at;
}

int hex_digit(char digit) {
  if (digit >= '0' && digit <= '9') return digit - '0';
  if (digit >= 'a' && digit <= 'f') return digit - 'a' + 10;
  if (digit >= 'A' && digit <= 'F') return digit - 'A' + 10;
  return -1;
}

// The code unit of four hex digits at `at`; nothing where they are none.
std::optional<char32_t> hex_unit(std::string_view text, std::size_t at) {
  if (text.size() < at + 4) return std::nullopt;
  char32_t unit = 0;
  for (const char digit : text.substr(at, 4)) {
    const int value = hex_digit(digit);
    if (value < 0) return std::nullopt;
    unit = unit * 16 + static_cast<char32_t>(value);
  }
  return unit;
}

// Behind the closing quote of the string whose first character is at `at`; false where it is not well-formed.
bool skip_string(std::string_view text, std::size_t& at, bool& escaped) {
  for (;;) {
    at = find_special(text, at);
    if (at >= text.size()) return false;
    if (text[at] == '"') {
      ++at;
      return true;
    }
    if (text[at] != '\\' || at + 1 >= text.size()) return false;
    escaped = true;
    const char kind = text[at + 1];
    if (kind == 'u') {
      if (!hex_unit(text, at + 2)) return false;
      at += 6;
    } else if (std::string_view("\"\\/bfnrt").find(kind) != std::string_view::npos) {
      at += 2;
    } else {
      return false;
    }
  }
}

void skip_space(std::string_view text, std::size_t& at) {
  while (at < text.size() && (text[at] == ' ' || text[at] == '\t' || text[at] == '\n' || text[at] == '\r')) ++at;
}

bool skip_character(std::string_view text, std::size_t& at, char character) {
  if (at >= text.size() || text[at] != character) return false;
  ++at;
  return true;
}

bool skip_word(std::string_view text, std::size_t& at, std::string_view word) {
  if (text.substr(at, word.size()) != word) return false;
  at += word.size();
  return true;
}

// A scalar value in UTF-8; halves of surrogate pairs become three bytes.
void append_scalar(std::string& out, char32_t scalar) {
  const auto add = [&out](char32_t byte) { out += static_cast<char>(static_cast<unsigned char>(byte)); };
  if (scalar < 0x80) {
    add(scalar);
  } else if (scalar < 0x800) {
    add(0xC0U | (scalar >> 6));
    add(0x80U | (scalar & 0x3FU));
  } else if (scalar < 0x10000) {
    add(0xE0U | (scalar >> 12));
    add(0x80U | ((scalar >> 6) & 0x3FU));
    add(0x80U | (scalar & 0x3FU));
  } else {
    add(0xF0U | (scalar >> 18));
    add(0x80U | ((scalar >> 12) & 0x3FU));
    add(0x80U | ((scalar >> 6) & 0x3FU));
    add(0x80U | (scalar & 0x3FU));
  }
}

}  // namespace

bool FlatJson::read(std::string_view text) {
  size_ = 0;
  std::size_t at = 0;
  skip_space(text, at);
  if (!skip_character(text, at, '{')) return false;
  skip_space(text, at);
  if (!skip_character(text, at, '}')) {
    do {
      if (!read_member(text, at)) return false;
    } while (skip_character(text, at, ','));
    if (!skip_character(text, at, '}')) return false;
  }
  skip_space(text, at);
  return at == text.size();
}

bool FlatJson::read_member(std::string_view text, std::size_t& at) {
  if (size_ == kMembersMax) return false;
  Member& member = members_[size_++];
  skip_space(text, at);
  if (!skip_character(text, at, '"')) return false;
  const std::size_t begin = at;
  bool escaped = false;
  if (!skip_string(text, at, escaped) || escaped) return false;
  member.name = text.substr(begin, at - begin - 1);
  skip_space(text, at);
  if (!skip_character(text, at, ':')) return false;
  skip_space(text, at);
  if (!read_value(text, at, member)) return false;
  skip_space(text, at);
  return true;
}

bool FlatJson::read_value(std::string_view text, std::size_t& at, Member& member) {
  const std::size_t begin = at;
  if (skip_character(text, at, '"')) {
    bool escaped = false;
    if (!skip_string(text, at, escaped)) return false;
    member.kind = escaped ? Kind::escaped_text : Kind::text;
    member.value = text.substr(begin + 1, at - begin - 2);
    return true;
  }
  while (at < text.size() && text[at] >= '0' && text[at] <= '9') ++at;
  if (at > begin) {
    member.kind = Kind::number;
    member.value = text.substr(begin, at - begin);
    // No leading zero, at most 18 digits, and no fraction or exponent behind.
    if (member.value.size() > 18 || (member.value.size() > 1 && member.value.front() == '0')) return false;
    return at < text.size() && text[at] != '.' && text[at] != 'e' && text[at] != 'E';
  }
  member.kind = Kind::other;
  return skip_word(text, at, "[]") || skip_word(text, at, "{}") || skip_word(text, at, "null") ||
         skip_word(text, at, "true") || skip_word(text, at, "false");
}

const FlatJson::Member* FlatJson::find(std::string_view name) const {
  for (std::size_t index = size_; index > 0; --index) {  // the last of two equal names counts
    if (members_[index - 1].name == name) return &members_[index - 1];
  }
  return nullptr;
}

std::optional<std::string_view> FlatJson::find_string(std::string_view name, bool& escaped) const {
  const Member* member = find(name);
  if (member == nullptr || (member->kind != Kind::text && member->kind != Kind::escaped_text)) return std::nullopt;
  escaped = member->kind == Kind::escaped_text;
  return member->value;
}

std::optional<std::uint64_t> FlatJson::find_uint(std::string_view name) const {
  const Member* member = find(name);
  if (member == nullptr || member->kind != Kind::number) return std::nullopt;
  std::uint64_t value = 0;
  for (const char digit : member->value) value = value * 10 + static_cast<std::uint64_t>(digit - '0');
  return value;
}

void append_unescaped(std::string& out, std::string_view written) {
  std::size_t at = 0;
  while (at < written.size()) {
    const std::size_t escape = std::min(written.find('\\', at), written.size());
    out += written.substr(at, escape - at);
    if (escape + 1 >= written.size()) return;
    const char kind = written[escape + 1];
    at = escape + 2;
    if (kind != 'u') {
      const std::size_t control = std::string_view("bfnrt").find(kind);
      out += control == std::string_view::npos ? kind : std::string_view("\b\f\n\r\t")[control];
      continue;
    }
    char32_t unit = hex_unit(written, at).value_or(0xFFFD);
    at += 4;
    if (unit >= 0xD800 && unit <= 0xDBFF && written.substr(std::min(at, written.size()), 2) == "\\u") {
      const char32_t low = hex_unit(written, at + 2).value_or(0);
      if (low >= 0xDC00 && low <= 0xDFFF) {
        unit = 0x10000 + ((unit - 0xD800) << 10) + (low - 0xDC00);
        at += 6;
      }
    }
    append_scalar(out, unit);
  }
}

}  // namespace orchestrator::harness::codec
