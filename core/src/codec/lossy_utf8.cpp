// SPDX-License-Identifier: Apache-2.0
#include "codec/lossy_utf8.hpp"

#include <cstddef>

namespace orchestrator::harness::codec {
namespace {

struct Sequence {
  std::size_t size = 1;  // bytes of the character, or of the broken part
  bool is_whole = true;
};

// The sequence at `at`, by table 3-7 of Unicode.
Sequence sequence_at(std::string_view bytes, std::size_t at) {
  const auto first = static_cast<unsigned char>(bytes[at]);
  if (first < 0x80) return {};
  if (first < 0xC2 || first > 0xF4) return {.size = 1, .is_whole = false};
  const std::size_t size = first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
  unsigned char lowest = first == 0xE0 ? 0xA0 : first == 0xF0 ? 0x90 : 0x80;
  unsigned char highest = first == 0xED ? 0x9F : first == 0xF4 ? 0x8F : 0xBF;
  for (std::size_t index = 1; index < size; ++index) {
    if (at + index >= bytes.size()) return {.size = index, .is_whole = false};
    const auto next = static_cast<unsigned char>(bytes[at + index]);
    if (next < lowest || next > highest) return {.size = index, .is_whole = false};
    lowest = 0x80;
    highest = 0xBF;
  }
  return {.size = size, .is_whole = true};
}

}  // namespace

void append_lossy_utf8(std::string& out, std::string_view bytes) {
  std::size_t at = 0;
  while (at < bytes.size()) {
    const Sequence sequence = sequence_at(bytes, at);
    if (sequence.is_whole) {
      out += bytes.substr(at, sequence.size);
    } else {
      out += "\xEF\xBF\xBD";
    }
    at += sequence.size;
  }
}

}  // namespace orchestrator::harness::codec
