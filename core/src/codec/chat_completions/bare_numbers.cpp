// SPDX-License-Identifier: Apache-2.0
#include "codec/chat_completions/bare_numbers.hpp"

#include <array>

namespace orchestrator::harness::codec {
namespace {

constexpr auto kWords = std::to_array<std::string_view>({"NaN", "Infinity", "-Infinity"});

std::string_view word_at(std::string_view text) {
  for (const auto word : kWords) {
    if (text.starts_with(word)) return word;
  }
  return {};
}

}  // namespace

std::optional<std::string> quote_bare_numbers(std::string_view json_text) {
  std::string out;
  bool in_string = false;
  bool found = false;
  for (std::size_t i = 0; i < json_text.size(); ++i) {
    const char c = json_text[i];
    if (in_string && c == '\\' && i + 1 < json_text.size()) {
      out += c;
      out += json_text[++i];
      continue;
    }
    if (c == '"') in_string = !in_string;
    const auto word = in_string ? std::string_view() : word_at(json_text.substr(i));
    if (word.empty()) {
      out += c;
      continue;
    }
    found = true;
    out.append("\"").append(word).append("\"");
    i += word.size() - 1;
  }
  if (!found) return std::nullopt;
  return out;
}

}  // namespace orchestrator::harness::codec
