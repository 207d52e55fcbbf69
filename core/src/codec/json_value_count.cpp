// SPDX-License-Identifier: Apache-2.0
#include "codec/json_value_count.hpp"

namespace orchestrator::harness::codec {
namespace {

// The position after the string that begins at `at`, behind its opening quote.
std::size_t end_of_string(std::string_view text, std::size_t at) {
  for (at = text.find_first_of("\"\\", at); at != std::string_view::npos; at = text.find_first_of("\"\\", at)) {
    if (text[at] == '"') return at + 1;
    at += 2;
  }
  return text.size();
}

}  // namespace

// Each value but the outermost stands after a comma or an opening bracket (in objects, its name does).
bool has_more_values(std::string_view text, std::size_t values_max) {
  if (text.size() / 2 < values_max) return false;
  std::size_t values = 1;
  for (std::size_t at = 0; at < text.size();) {
    const char character = text[at++];
    if (character == '"') {
      at = end_of_string(text, at);
    } else if (character == ',' || character == '[' || character == '{') {
      if (++values > values_max) return true;
    }
  }
  return false;
}

}  // namespace orchestrator::harness::codec
