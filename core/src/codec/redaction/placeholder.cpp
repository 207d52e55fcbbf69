// SPDX-License-Identifier: Apache-2.0
#include "codec/redaction/placeholder.hpp"

namespace orchestrator::harness::codec {
namespace {

constexpr std::string_view kHead = "[redacted:";
constexpr std::size_t kKindBytesMax = 24;
constexpr std::size_t kDigitsMax = 10;

bool is_kind(char c) { return (c >= 'a' && c <= 'z') || c == '_'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }

}  // namespace

std::string placeholder_of(RedactionKind kind) {
  std::string out(kHead);
  out += name_of(kind);
  out += ']';
  return out;
}

PlaceholderFront placeholder_front(std::string_view text) {
  const std::string_view head = text.substr(0, kHead.size());
  if (!kHead.starts_with(head)) return {};
  if (head.size() < kHead.size()) return {.size = 0, .open = true};
  std::size_t at = kHead.size();
  const std::size_t kind = at;
  while (at < text.size() && is_kind(text[at]) && at - kind <= kKindBytesMax) ++at;
  if (at - kind > kKindBytesMax) return {};
  if (at == text.size()) return {.size = 0, .open = true};
  if (at == kind) return {};
  if (text[at] == ':') {
    const std::size_t digits = ++at;
    while (at < text.size() && is_digit(text[at]) && at - digits <= kDigitsMax) ++at;
    if (at - digits > kDigitsMax) return {};
    if (at == text.size()) return {.size = 0, .open = true};
    if (at == digits) return {};
  }
  if (text[at] != ']') return {};
  return {.size = at + 1, .open = false};
}

bool is_placeholder(std::string_view text) { return !text.empty() && placeholder_front(text).size == text.size(); }

bool has_placeholder(std::string_view text) {
  for (std::size_t at = text.find(kHead); at != std::string_view::npos; at = text.find(kHead, at + 1)) {
    if (placeholder_front(text.substr(at)).size > 0) return true;
  }
  return false;
}

}  // namespace orchestrator::harness::codec
