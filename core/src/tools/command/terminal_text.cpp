// SPDX-License-Identifier: Apache-2.0
#include "tools/command/terminal_text.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "codec/lossy_utf8.hpp"

namespace orchestrator::harness::tools {

namespace {

constexpr char kEscape = '\x1b';

bool in_range(char c, unsigned char low, unsigned char high) {
  const auto byte = static_cast<unsigned char>(c);
  return byte >= low && byte <= high;
}

// The end of a control sequence (after ESC [): parameters, then one final character.
std::size_t after_sequence(std::string_view text, std::size_t at) {
  while (at < text.size() && in_range(text[at], 0x20, 0x3f)) ++at;
  return at < text.size() && in_range(text[at], 0x40, 0x7e) ? at + 1 : at;
}

// The end of a control string (after ESC ] and the like): BEL, ESC \, U+009C, or the end of the line.
std::size_t after_string(std::string_view text, std::size_t at) {
  for (; at < text.size() && text[at] != '\n'; ++at) {
    if (text[at] == '\a') return at + 1;
    if (text.substr(at).starts_with("\x1b\\") || text.substr(at).starts_with("\xc2\x9c")) return at + 2;
  }
  return at;
}

// The end of what `kind` begins, the character after ESC; `at` is behind it.
std::size_t after_escape(std::string_view text, char kind, std::size_t at) {
  if (kind == '[') return after_sequence(text, at);
  if (std::string_view("]PX^_").contains(kind)) return after_string(text, at);
  // ESC ( B and the like: intermediates, then one final character.
  if (!in_range(kind, 0x20, 0x2f)) return at;
  while (at < text.size() && in_range(text[at], 0x20, 0x2f)) ++at;
  return at < text.size() && text[at] != '\n' ? at + 1 : at;
}

struct CodePoint {
  std::uint32_t value;
  std::size_t bytes;
};

// The code point at `at` of well-formed UTF-8.
CodePoint code_point(std::string_view text, std::size_t at) {
  const auto byte = [&](std::size_t i) { return static_cast<std::uint32_t>(static_cast<unsigned char>(text[i])); };
  const std::uint32_t first = byte(at);
  const std::size_t bytes = first < 0x80 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
  std::uint32_t value = bytes == 1 ? first : first & (0xffU >> (bytes + 1));
  for (std::size_t i = 1; i < bytes && at + i < text.size(); ++i) value = (value << 6U) | (byte(at + i) & 0x3fU);
  return {value, bytes};
}

// Characters that nobody sees, or that change where others are seen.
bool is_hidden(std::uint32_t value) {
  return value < 0x20 || (value >= 0x7f && value < 0xa0) || value == 0xad || value == 0x61c || value == 0x180e ||
         (value >= 0x200b && value <= 0x200f) || (value >= 0x2028 && value <= 0x202e) ||
         (value >= 0x2060 && value <= 0x206f) || value == 0xfeff || (value >= 0xfff9 && value <= 0xfffd) ||
         (value >= 0xfe00 && value <= 0xfe0f) || (value >= 0xe0000 && value <= 0xe0fff);
}

void append_hex(std::string& out, std::string_view bytes) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    out.append("\\x").push_back(kDigits[byte >> 4U]);
    out.push_back(kDigits[byte & 0xfU]);
  }
}

}  // namespace

bool is_binary(std::string_view bytes) { return bytes.contains('\0'); }

std::string plain_text(std::string_view bytes) {
  std::string text;
  codec::append_lossy_utf8(text, bytes);
  std::string out;
  out.reserve(text.size());
  const std::string_view view = text;
  for (std::size_t at = 0; at < view.size();) {
    const char c = view[at];
    if (c == kEscape) {
      at = at + 1 < view.size() && view[at + 1] != '\n' ? after_escape(view, view[at + 1], at + 2) : at + 1;
    } else if (c == '\xc2' && in_range(view[at + 1], 0x80, 0x9f)) {
      // A C1 control: the same as ESC and a character 0x40 lower.
      at = after_escape(view, static_cast<char>(static_cast<unsigned char>(view[at + 1]) - 0x40), at + 2);
    } else if (c == '\r') {
      if (at + 1 >= view.size() || view[at + 1] != '\n') out.push_back('\n');
      ++at;
    } else {
      if (c == '\n' || c == '\t' || (!in_range(c, 0, 0x1f) && c != '\x7f')) out.push_back(c);
      ++at;
    }
  }
  return out;
}

std::string shell_quoted(std::string_view argument) {
  constexpr std::string_view kBare = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-./:=@%+,";
  if (!argument.empty() && argument.find_first_not_of(kBare) == std::string_view::npos) return std::string(argument);
  std::string valid;
  codec::append_lossy_utf8(valid, argument);
  const bool is_utf8 = valid == argument;
  std::string escaped;
  bool is_plain = true;
  for (std::size_t at = 0; at < argument.size();) {
    const CodePoint point = is_utf8 ? code_point(argument, at) : CodePoint{static_cast<unsigned char>(argument[at]), 1};
    const std::string_view bytes = argument.substr(at, point.bytes);
    if (is_hidden(point.value) || (!is_utf8 && point.value >= 0x80)) {
      append_hex(escaped, bytes);
      is_plain = false;
    } else {
      if (bytes == "'" || bytes == "\\") escaped.push_back('\\');
      escaped.append(bytes);
    }
    at += point.bytes;
  }
  if (!is_plain) return "$'" + escaped + "'";
  std::string quoted = "'";
  for (const char c : argument) {
    if (c == '\'') {
      quoted.append("'\\''");
    } else {
      quoted.push_back(c);
    }
  }
  return quoted + "'";
}

}  // namespace orchestrator::harness::tools
