// SPDX-License-Identifier: Apache-2.0
#include "codec/text_filter.hpp"

#include <algorithm>

namespace orchestrator::harness::codec {
namespace {

// A sequence longer than this is no sequence: what follows is shown as text, so that nothing hides for long.
constexpr std::size_t kCsiBytesMax = 64;
constexpr std::size_t kStringBytesMax = 4'096;

constexpr char kEscape = '\x1b';
constexpr char kC2 = '\xc2';  // the first byte of U+0080 to U+00BF; the C1 controls are U+0080 to U+009F

unsigned char code(char byte) { return static_cast<unsigned char>(byte); }
bool in(char byte, unsigned least, unsigned most) { return code(byte) >= least && code(byte) <= most; }

/// Does the byte after ESC, or after C2 less 0x40, open a string that runs up to its terminator?
bool opens_string(char byte) { return byte == 'P' || byte == 'X' || byte == ']' || byte == '^' || byte == '_'; }

}  // namespace

void TextFilter::append(std::string& out, std::string_view text) {
  for (const char byte : text) {
    take(out, byte);
  }
}

void TextFilter::take(std::string& out, char byte) {
  switch (state_) {
    case State::text:
      return take_text(out, byte);
    case State::c2:
      return take_c2(out, byte);
    case State::escape:
      return take_escape(out, byte);
    case State::csi:
      return take_csi(out, byte);
    case State::string:
      return take_string(out, byte);
    case State::string_c2:
      state_ = code(byte) == 0x9c ? State::text : State::string;
      return;
    case State::string_escape:
      state_ = State::escape;
      if (byte == '\\') {
        state_ = State::text;
        return;
      }
      return take_escape(out, byte);
  }
}

void TextFilter::take_text(std::string& out, char byte) {
  if (byte == kEscape) {
    state_ = State::escape;
    sequence_bytes_ = 0;
  } else if (byte == kC2) {
    state_ = State::c2;
    sequence_bytes_ = 0;
  } else if (byte == '\n' || byte == '\t' || !(in(byte, 0x00, 0x1f) || byte == '\x7f')) {
    out.push_back(byte);
  }
}

void TextFilter::take_c2(std::string& out, char byte) {
  state_ = State::text;
  if (!in(byte, 0x80, 0x9f)) {
    out.push_back(kC2);
    return take_text(out, byte);
  }
  const char letter = static_cast<char>(code(byte) - 0x40);  // U+009B is ESC [, and so on
  if (letter == '[') {
    state_ = State::csi;
  } else if (opens_string(letter)) {
    state_ = State::string;
  }
}

void TextFilter::take_escape(std::string& out, char byte) {
  if (byte == '[') {
    state_ = State::csi;
  } else if (opens_string(byte)) {
    state_ = State::string;
  } else if (byte == kEscape || (in(byte, 0x20, 0x2f) && ++sequence_bytes_ < kCsiBytesMax)) {
    state_ = State::escape;
  } else {
    state_ = State::text;
    if (!in(byte, 0x30, 0x7e)) {
      take_text(out, byte);
    }
  }
}

void TextFilter::take_csi(std::string& out, char byte) {
  if (in(byte, 0x20, 0x3f) && ++sequence_bytes_ < kCsiBytesMax) {
    return;
  }
  state_ = State::text;
  if (!in(byte, 0x40, 0x7e)) {
    take_text(out, byte);
  }
}

void TextFilter::take_string(std::string& out, char byte) {
  if (byte == kEscape) {
    state_ = State::string_escape;
  } else if (byte == kC2) {
    state_ = State::string_c2;
  } else if (byte == '\n') {
    state_ = State::text;
    take_text(out, byte);
  } else if (byte == '\a' || byte == '\x18' || byte == '\x1a') {
    state_ = State::text;
  } else if (++sequence_bytes_ >= kStringBytesMax && !in(byte, 0x80, 0xbf)) {
    state_ = State::text;
    take_text(out, byte);
  }
}

std::string shown_text(std::string_view text) {
  TextFilter filter;
  std::string out;
  filter.append(out, text);
  return out;
}

std::size_t whole_characters(std::string_view text, std::size_t bytes_max) {
  std::size_t size = std::min(text.size(), bytes_max);
  while (size > 0 && size < text.size() && (static_cast<unsigned char>(text[size]) & 0xc0U) == 0x80U) {
    --size;
  }
  return size;
}

std::string one_line(std::string_view text, std::size_t bytes_max) {
  std::string out = shown_text(text.substr(0, whole_characters(text, bytes_max + kStringBytesMax)));
  std::ranges::replace_if(out, [](char byte) { return byte == '\n' || byte == '\t'; }, ' ');
  if (out.size() > bytes_max) {
    out.resize(whole_characters(out, bytes_max));
    out += "...";
  }
  return out;
}

}  // namespace orchestrator::harness::codec
