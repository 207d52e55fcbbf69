// SPDX-License-Identifier: Apache-2.0
#include "cli/display/escaped_text.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>

#include "event/json_writer.hpp"

namespace orchestrator::cli {
namespace {

constexpr std::string_view kMargin = "  | ";
constexpr std::string_view kMarginOfRest = "  : ";
constexpr std::size_t kTabColumns = 8;

struct Range {
  std::uint32_t first;
  std::uint32_t last;
};

// What a terminal does not show as a mark of its own where it stands.
constexpr auto kHidden = std::to_array<Range>({
    {0x00, 0x1f},        // C0
    {0x7f, 0x9f},        // delete, C1
    {0xad, 0xad},        // soft hyphen
    {0x34f, 0x34f},      // grapheme joiner
    {0x61c, 0x61c},      // Arabic letter mark
    {0x115f, 0x1160},    // Hangul fillers
    {0x17b4, 0x17b5},    // Khmer inherent vowels
    {0x180b, 0x180f},    // Mongolian selectors
    {0x200b, 0x200f},    // zero width, marks of direction
    {0x2028, 0x202e},    // line and paragraph separator, embeddings and overrides of direction
    {0x2060, 0x206f},    // joiners, invisible operators, isolates of direction
    {0x2800, 0x2800},    // a Braille cell without dots
    {0x3164, 0x3164},    // Hangul filler
    {0xfe00, 0xfe0f},    // variation selectors
    {0xfeff, 0xfeff},    // byte order mark
    {0xffa0, 0xffa0},    // half-width Hangul filler
    {0xfff0, 0xfffb},    // annotations
    {0x1bca0, 0x1bca3},  // shorthand controls
    {0x1d173, 0x1d17a},  // musical controls
    {0xe0000, 0xe0fff},  // tags and further variation selectors
});

bool is_hidden(std::uint32_t point) {
  return std::ranges::any_of(kHidden, [&](const Range& range) { return range.first <= point && point <= range.last; });
}

void append_escape(std::string& out, char kind, std::uint32_t number) {
  std::array<char, 8> digits{};
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number, 16);
  out.append("\\").append(1, kind).append("{").append(digits.data(), end.ptr).append("}");
}

std::size_t size_of_lead(unsigned char lead) { return lead < 0x80 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4; }

/// The character at the front of well-formed text.
std::uint32_t point_of(std::string_view character) {
  const auto lead = static_cast<unsigned char>(character.front());
  std::uint32_t point = character.size() == 1 ? lead : lead & (0x7fU >> character.size());
  for (const char byte : character.substr(1)) {
    point = (point << 6U) | (static_cast<unsigned char>(byte) & 0x3fU);
  }
  return point;
}

bool looks_like_escape(std::string_view text) { return text.starts_with("\\u{") || text.starts_with("\\x{"); }

std::string escaped(std::string_view text, bool one_line) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const auto lead = static_cast<unsigned char>(text.front());
    const std::string_view character = text.substr(0, size_of_lead(lead));
    if (!harness::event::is_valid_utf8(character)) {
      append_escape(out, 'x', lead);
      text.remove_prefix(1);
      continue;
    }
    const std::uint32_t point = point_of(character);
    const bool is_layout = !one_line && (point == '\n' || point == '\t');
    if ((is_hidden(point) && !is_layout) || looks_like_escape(text)) {
      append_escape(out, 'u', point);
    } else {
      out.append(character);
    }
    text.remove_prefix(character.size());
  }
  return out;
}

}  // namespace

std::string escaped_text(std::string_view text) { return escaped(text, false); }

std::string escaped_line(std::string_view text) { return escaped(text, true); }

std::string escaped_block(std::string_view text, std::size_t columns) {
  const std::string shown = escaped_text(text);
  std::string out(kMargin);
  std::size_t column = kMargin.size();
  for (std::size_t index = 0; index < shown.size();) {
    const std::string_view character =
        std::string_view(shown).substr(index, size_of_lead(static_cast<unsigned char>(shown[index])));
    index += character.size();
    if (character == "\n") {
      out.append(character).append(index < shown.size() ? kMargin : "");
      column = kMargin.size();
      continue;
    }
    // At most as wide as this on any terminal.
    const std::size_t width = character == "\t" ? kTabColumns : character.size() == 1 ? 1 : 2;
    if (columns != 0 && column + width > columns) {
      out.append("\n").append(kMarginOfRest);
      column = kMarginOfRest.size();
    }
    out.append(character);
    column += width;
  }
  return out.ends_with('\n') ? out : out + "\n";
}

}  // namespace orchestrator::cli
