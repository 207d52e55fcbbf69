// SPDX-License-Identifier: Apache-2.0
#include "codec/redaction/secret_forms.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "codec/media_source.hpp"
#include "event/json_writer.hpp"

namespace orchestrator::harness::codec {
namespace {

constexpr std::string_view kLower = "0123456789abcdef";
constexpr std::string_view kUpper = "0123456789ABCDEF";

void append_hex(std::string& out, unsigned char byte, std::string_view digits) {
  out += digits[byte >> 4];
  out += digits[byte & 15U];
}

std::string hex(std::string_view value, std::string_view digits) {
  std::string out;
  for (const char c : value) append_hex(out, static_cast<unsigned char>(c), digits);
  return out;
}

// Characters of the base64 text of `before` unknown bytes and the value that depend on the value alone.
std::string base64_at(std::string_view value, std::size_t before) {
  std::string bytes(before, '\0');
  bytes += value;
  std::string text;
  append_base64(text, bytes);
  const std::size_t begin = (8 * before + 5) / 6;
  const std::size_t end = 8 * bytes.size() / 6;
  return text.substr(begin, end - begin);
}

std::string url_alphabet(std::string text) {
  std::ranges::replace(text, '+', '-');
  std::ranges::replace(text, '/', '_');
  return text;
}

bool is_unreserved(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' || c == '_' ||
         c == '.' || c == '~';
}

struct PercentForm {
  std::string_view digits;
  std::string_view also_kept;
  bool plus_for_blank = false;
  bool every_byte = false;
};

std::string percent(std::string_view value, const PercentForm& form) {
  std::string out;
  for (const char c : value) {
    if (c == ' ' && form.plus_for_blank) {
      out += '+';
    } else if (!form.every_byte && (is_unreserved(c) || form.also_kept.find(c) != std::string_view::npos)) {
      out += c;
    } else {
      out += '%';
      append_hex(out, static_cast<unsigned char>(c), form.digits);
    }
  }
  return out;
}

std::string json_inside(std::string_view value) {
  std::string out;
  event::append_json_string(out, value);
  return out.substr(1, out.size() - 2);
}

std::string with_escaped_slashes(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '/') out += '\\';
    out += c;
  }
  return out;
}

void append_unicode_escape(std::string& out, std::uint32_t unit, std::string_view digits) {
  out += "\\u";
  append_hex(out, static_cast<unsigned char>(unit >> 8), digits);
  append_hex(out, static_cast<unsigned char>(unit & 0xFFU), digits);
}

// REQUIRES: valid UTF-8.
std::string ascii_json(std::string_view escaped, std::string_view digits) {
  std::string out;
  for (std::size_t i = 0; i < escaped.size();) {
    const auto first = static_cast<unsigned char>(escaped[i]);
    if (first < 0x80) {
      out += escaped[i++];
      continue;
    }
    const std::size_t length = first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
    std::uint32_t point = first & (0xFFU >> (length + 1));
    for (std::size_t k = 1; k < length; ++k) {
      point = (point << 6) | (static_cast<unsigned char>(escaped[i + k]) & 0x3FU);
    }
    if (point >= 0x10000) {
      append_unicode_escape(out, 0xD800 + ((point - 0x10000) >> 10), digits);
      append_unicode_escape(out, 0xDC00 + ((point - 0x10000) & 0x3FFU), digits);
    } else {
      append_unicode_escape(out, point, digits);
    }
    i += length;
  }
  return out;
}

}  // namespace

std::vector<std::string> secret_forms(std::string_view value) {
  std::vector<std::string> forms{std::string(value), hex(value, kLower), hex(value, kUpper)};
  for (std::size_t before = 0; before < 3; ++before) {
    forms.push_back(base64_at(value, before));
    forms.push_back(url_alphabet(forms.back()));
  }
  for (const std::string_view digits : {kUpper, kLower}) {
    forms.push_back(percent(value, {.digits = digits, .also_kept = ""}));
    forms.push_back(percent(value, {.digits = digits, .also_kept = "!*'()"}));  // encodeURIComponent
    forms.push_back(percent(value, {.digits = digits, .also_kept = "*", .plus_for_blank = true}));
    forms.push_back(percent(value, {.digits = digits, .also_kept = "", .every_byte = true}));
  }
  if (event::is_valid_utf8(value)) {
    const std::string once = json_inside(value);
    forms.push_back(once);
    forms.push_back(with_escaped_slashes(once));
    forms.push_back(ascii_json(once, kLower));
    forms.push_back(ascii_json(once, kUpper));
    forms.push_back(json_inside(once));
  }
  std::ranges::sort(forms);
  const auto repeats = std::ranges::unique(forms);
  forms.erase(repeats.begin(), repeats.end());
  return forms;
}

}  // namespace orchestrator::harness::codec
