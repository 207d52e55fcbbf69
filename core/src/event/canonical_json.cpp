// SPDX-License-Identifier: Apache-2.0
#include "event/canonical_json.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <vector>

#include "event/exact_json.hpp"
#include "event/json_writer.hpp"

namespace orchestrator::harness::event {
namespace {

namespace json = boost::json;

constexpr std::size_t kDepthMax = 128;

// ECMA-262, 6.1.6.1.20 Number::toString: `digits` times ten to the `point - digits.size()`.
void append_number(std::string& out, double value) {
  if (value == 0) {
    out.push_back('0');
    return;
  }
  std::array<char, 40> buffer;
  const auto written =
      std::to_chars(buffer.data(), buffer.data() + buffer.size(), value, std::chars_format::scientific);
  const std::string_view text(buffer.data(), static_cast<std::size_t>(written.ptr - buffer.data()));
  const std::size_t mark = text.find('e');
  std::string digits;
  for (const char c : text.substr(0, mark)) {
    if (c >= '0' && c <= '9') digits.push_back(c);
  }
  int exponent = 0;
  const std::size_t sign = text[mark + 1] == '+' ? 2 : 1;
  std::from_chars(text.data() + mark + sign, text.data() + text.size(), exponent);
  const int count = static_cast<int>(digits.size());
  const int point = exponent + 1;  // n of the standard: where the decimal point stands
  if (value < 0) out.push_back('-');
  const auto zeros = [](int number) { return std::string(static_cast<std::size_t>(number), '0'); };
  if (count <= point && point <= 21) {
    out += digits + zeros(point - count);
  } else if (0 < point && point <= 21) {
    out += digits.substr(0, static_cast<std::size_t>(point)) + "." + digits.substr(static_cast<std::size_t>(point));
  } else if (-6 < point && point <= 0) {
    out += "0." + zeros(-point) + digits;
  } else {
    out += digits.substr(0, 1);
    if (count > 1) out += "." + digits.substr(1);
    out += (exponent < 0 ? "e-" : "e+") + std::to_string(exponent < 0 ? -exponent : exponent);
  }
}

// Code units of UTF-16, the order of RFC 8785, 3.2.3. The parser has checked the UTF-8.
std::vector<std::uint16_t> utf16(std::string_view text) {
  std::vector<std::uint16_t> units;
  units.reserve(text.size());
  for (std::size_t i = 0; i < text.size();) {
    const auto byte = [&](std::size_t at) { return static_cast<std::uint32_t>(static_cast<unsigned char>(text[at])); };
    const std::uint32_t first = byte(i);
    const std::size_t size = first < 0x80 ? 1 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
    std::uint32_t code = size == 1 ? first : first & (0x7FU >> size);
    for (std::size_t k = 1; k < size; ++k) code = code << 6 | (byte(i + k) & 0x3F);
    if (code < 0x10000) {
      units.push_back(static_cast<std::uint16_t>(code));
    } else {
      units.push_back(static_cast<std::uint16_t>(0xD800 + ((code - 0x10000) >> 10)));
      units.push_back(static_cast<std::uint16_t>(0xDC00 + ((code - 0x10000) & 0x3FF)));
    }
    i += size;
  }
  return units;
}

// False where a number is none that JSON can write: its text was past the range of a double.
bool append_canonical(std::string& out, const json::value& value);

bool append_object(std::string& out, const json::object& object) {
  struct Member {
    std::vector<std::uint16_t> order;
    const json::key_value_pair* pair;
  };
  std::vector<Member> members;
  members.reserve(object.size());
  for (const json::key_value_pair& pair : object) members.push_back({utf16(pair.key()), &pair});
  std::ranges::sort(members, {}, &Member::order);
  out.push_back('{');
  for (const Member& member : members) {
    if (&member != &members.front()) out.push_back(',');
    append_json_string(out, member.pair->key());
    out.push_back(':');
    if (!append_canonical(out, member.pair->value())) return false;
  }
  out.push_back('}');
  return true;
}

// The depth is the parser's: at most `kDepthMax`.
bool append_canonical(std::string& out, const json::value& value) {
  switch (value.kind()) {
    case json::kind::null:
      out += "null";
      return true;
    case json::kind::bool_:
      out += value.get_bool() ? "true" : "false";
      return true;
    case json::kind::int64:
      append_number(out, static_cast<double>(value.get_int64()));
      return true;
    case json::kind::uint64:
      append_number(out, static_cast<double>(value.get_uint64()));
      return true;
    case json::kind::double_:
      if (!std::isfinite(value.get_double())) return false;
      append_number(out, value.get_double());
      return true;
    case json::kind::string:
      append_json_string(out, value.get_string());
      return true;
    case json::kind::array: {
      out.push_back('[');
      bool first = true;
      for (const json::value& element : value.get_array()) {
        if (!first) out.push_back(',');
        first = false;
        if (!append_canonical(out, element)) return false;
      }
      out.push_back(']');
      return true;
    }
    case json::kind::object:
      return append_object(out, value.get_object());
  }
  return true;
}

}  // namespace

Result<std::string> canonical_json(std::string_view text) {
  const auto value = parse_exact(text, kDepthMax);
  if (!value) return fail(RuntimeErrorCode::invalid_argument, value.error().message);
  std::string out;
  out.reserve(text.size());
  if (!append_canonical(out, *value)) {
    return fail(RuntimeErrorCode::invalid_argument, "a number in it is past the range of a double");
  }
  return out;
}

}  // namespace orchestrator::harness::event
