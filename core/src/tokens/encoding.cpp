// SPDX-License-Identifier: Apache-2.0
#include "tokens/encoding.hpp"

#include <array>

#include "tokens/newer_characters.hpp"

namespace orchestrator::harness::tokens {
namespace {

// As the encodings are published, but for one thing: every \p and \s stands within brackets, where ranges can be added.
constexpr std::string_view kO200k =
    R"([^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?)"
    R"(|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?)"
    R"(|[\p{N}]{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|[\s]*[\r\n]+|[\s]+(?![^\s])|[\s]+)";

constexpr std::string_view kCl100k =
    R"('(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?+[\p{L}]++|[\p{N}]{1,3}+| ?[^\s\p{L}\p{N}]++[\r\n]*+)"
    R"(|[\s]++\z|[\s]*[\r\n]|[\s]+(?![^\s])|[\s])";

constexpr std::array kEncodings{Encoding{"o200k_base", 199'998, kO200k}, Encoding{"cl100k_base", 100'256, kCl100k}};

// White_Space of Unicode. PCRE2's own \s has U+180E as well, which has not been a space since Unicode 6.3.
constexpr std::string_view kSpace =
    R"(\t-\r\x20\x{85}\x{a0}\x{1680}\x{2000}-\x{200a}\x{2028}\x{2029}\x{202f}\x{205f}\x{3000})";

}  // namespace

const Encoding* find_encoding(std::string_view name) {
  for (const Encoding& encoding : kEncodings) {
    if (encoding.name == name) return &encoding;
  }
  return nullptr;
}

std::string known_encodings() {
  std::string names;
  for (const Encoding& encoding : kEncodings) names.append(names.empty() ? "" : ", ").append(encoding.name);
  return names;
}

std::string compiled_form(std::string_view pattern) {
  std::string out;
  while (!pattern.empty()) {
    std::size_t taken = 1;
    if (pattern.starts_with("\\s")) {
      taken = 2;
      out += kSpace;
    } else if (pattern.starts_with("\\p{")) {
      taken = pattern.find('}') + 1;
      out.append(pattern.substr(0, taken)).append(newer_characters(pattern.substr(3, taken - 4)));
    } else if (pattern.starts_with('\\')) {
      taken = 2;
      out += pattern.substr(0, taken);
    } else {
      out += pattern.front();
    }
    pattern.remove_prefix(taken);
  }
  return out;
}

}  // namespace orchestrator::harness::tokens
