// SPDX-License-Identifier: Apache-2.0
#pragma once

// The classes of bytes that the scanner tells apart: what makes words, what may begin something else, and the rest,
// which only parts words. ASCII only; a byte of any other character parts words. Pure functions.

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace orchestrator::harness::codec {

[[nodiscard]] constexpr bool is_digit(char c) { return c >= '0' && c <= '9'; }
[[nodiscard]] constexpr bool is_upper_or_digit(char c) { return is_digit(c) || (c >= 'A' && c <= 'Z'); }
[[nodiscard]] constexpr bool is_alnum(char c) { return is_upper_or_digit(c) || (c >= 'a' && c <= 'z'); }

inline constexpr std::uint8_t kLetterClass = 1;
inline constexpr std::uint8_t kDigitClass = 2;
inline constexpr std::uint8_t kAtClass = 4;
inline constexpr std::uint8_t kJoinClass = 8;  // joins the parts of a word: _ - . / + % ~
inline constexpr std::uint8_t kMarkClass = 16;
inline constexpr std::uint8_t kLeadClass = 32;  // the first byte of a character of several
inline constexpr std::uint8_t kWordClasses = kLetterClass | kDigitClass | kAtClass | kJoinClass;

inline constexpr auto kByteClasses = [] {
  std::array<std::uint8_t, 256> classes{};
  for (std::size_t byte = 0; byte < 128; ++byte) {
    const char c = static_cast<char>(byte);
    if (is_digit(c)) {
      classes[byte] = kDigitClass;
    } else if (is_alnum(c)) {
      classes[byte] = kLetterClass;
    } else if (std::string_view("_-./+%~").find(c) != std::string_view::npos) {
      classes[byte] = kJoinClass;
    } else if (std::string_view("[(:=>").find(c) != std::string_view::npos) {
      classes[byte] = kMarkClass;
    }
  }
  classes['@'] = kAtClass;
  for (std::size_t byte = 0xC2; byte <= 0xF4; ++byte) classes[byte] = kLeadClass;
  return classes;
}();

/// The class of a byte; 0 for one that only parts words.
[[nodiscard]] constexpr std::uint8_t class_of(char c) { return kByteClasses[static_cast<unsigned char>(c)]; }

/// Bytes of the character at the front of `text`, which may be more than `text` has. REQUIRES: a lead byte is there.
/// Of broken UTF-8: up to the byte that does not belong to it.
[[nodiscard]] constexpr std::size_t character_size(std::string_view text) {
  const auto first = static_cast<unsigned char>(text[0]);
  const std::size_t size = first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
  for (std::size_t i = 1; i < size && i < text.size(); ++i) {
    if ((static_cast<unsigned char>(text[i]) & 0xC0U) != 0x80U) return i;
  }
  return size;
}

}  // namespace orchestrator::harness::codec
