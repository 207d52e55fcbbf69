// SPDX-License-Identifier: Apache-2.0
#include "cli/display/quoted_text.hpp"

#include <algorithm>

#include "event/json_writer.hpp"

namespace orchestrator::cli {
namespace {

/// Bytes of the well-formed character at `offset`; 0 where there is none.
std::size_t character_bytes(std::string_view text, std::size_t offset) {
  const auto lead = static_cast<unsigned char>(text[offset]);
  const std::size_t size = lead < 0x80 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
  if (offset + size > text.size() || !harness::event::is_valid_utf8(text.substr(offset, size))) {
    return 0;
  }
  return size;
}

void append_byte(std::string& out, unsigned char byte) {
  constexpr std::string_view digits = "0123456789abcdef";
  out.append("\\x").push_back(digits[byte >> 4U]);
  out.push_back(digits[byte & 0xfU]);
}

}  // namespace

std::optional<std::size_t> utf8_error_offset(std::string_view text) {
  if (harness::event::is_valid_utf8(text)) {
    return std::nullopt;
  }
  std::size_t offset = 0;
  while (offset < text.size()) {
    const std::size_t size = character_bytes(text, offset);
    if (size == 0) {
      return offset;
    }
    offset += size;
  }
  return std::nullopt;
}

std::string quoted_text(std::string_view text, std::size_t bytes_max) {
  const std::string_view shown = text.substr(0, whole_characters(text, bytes_max));
  std::string out = "'";
  for (std::size_t offset = 0; offset < shown.size();) {
    const auto byte = static_cast<unsigned char>(shown[offset]);
    const std::size_t size = character_bytes(shown, offset);
    const bool c1 = size == 2 && byte == 0xc2 && static_cast<unsigned char>(shown[offset + 1]) < 0xa0;
    if (size == 0 || byte < 0x20 || byte == 0x7f || c1) {
      append_byte(out, byte);
      ++offset;
      if (c1) {
        append_byte(out, static_cast<unsigned char>(shown[offset++]));
      }
    } else {
      out.append(shown.substr(offset, size));
      offset += size;
    }
  }
  return out + (shown.size() < text.size() ? "...'" : "'");
}

}  // namespace orchestrator::cli
