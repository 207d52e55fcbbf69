// SPDX-License-Identifier: Apache-2.0
#pragma once

// Cutting UTF-8 text without breaking a character. Pure.

#include <cstddef>
#include <string>
#include <string_view>

namespace orchestrator::harness::event {

/// The longest beginning of valid UTF-8 `text` with at most `bytes_max` bytes that ends between two characters.
[[nodiscard]] constexpr std::string_view cut_between_characters(std::string_view text, std::size_t bytes_max) {
  if (text.size() <= bytes_max) return text;
  std::size_t end = bytes_max;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U) --end;
  return text.substr(0, end);
}

/// The same with an ellipsis behind it where something is missing: 3 bytes more.
[[nodiscard]] inline std::string cut_with_ellipsis(std::string_view text, std::size_t bytes_max) {
  const std::string_view head = cut_between_characters(text, bytes_max);
  return std::string(head) + (head.size() < text.size() ? "…" : "");
}

}  // namespace orchestrator::harness::event
