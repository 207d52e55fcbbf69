// SPDX-License-Identifier: Apache-2.0
#include "event/json_slices.hpp"

namespace orchestrator::harness::event {
namespace {

// Position after the string that starts at `at` (its opening quote), or npos.
std::size_t after_string(std::string_view text, std::size_t at) {
  for (std::size_t quote = text.find('"', at + 1); quote != std::string_view::npos; quote = text.find('"', quote + 1)) {
    std::size_t first = quote;  // of the backslashes right before it: each run of them is counted once
    while (first > at + 1 && text[first - 1] == '\\') --first;
    if ((quote - first) % 2 == 0) return quote + 1;
  }
  return std::string_view::npos;
}

// Position after the value that starts at `at`, or npos. Brackets are counted, not matched by kind: the parser
// that reads the slice afterwards does that.
std::size_t after_value(std::string_view text, std::size_t at) {
  std::size_t depth = 0;
  std::size_t i = at;
  while (i < text.size()) {
    const char c = text[i];
    if (c == '"') {
      i = after_string(text, i);
      if (i == std::string_view::npos) return i;
      if (depth == 0) return i;
      continue;
    }
    if (c == '{' || c == '[') ++depth;
    if (c == '}' || c == ']') {
      if (depth == 0) return i > at ? i : std::string_view::npos;
      if (--depth == 0) return i + 1;
    }
    if (c == ',' && depth == 0) return i > at ? i : std::string_view::npos;
    ++i;
  }
  return depth == 0 && i > at ? i : std::string_view::npos;
}

bool is_wrapped(std::string_view text, char open, char close) {
  return text.size() >= 2 && text.front() == open && text.back() == close;
}

// Calls `visit(key, value)` for each member in order until it returns false; false where `text` is no canonical
// object as far as it was looked at.
template <class Visit>
bool visit_members(std::string_view text, Visit visit) {
  if (!is_wrapped(text, '{', '}')) return false;
  const std::size_t end = text.size() - 1;
  std::size_t i = 1;
  while (i < end) {
    if (text[i] != '"') return false;
    const std::size_t key_end = after_string(text, i);
    if (key_end == std::string_view::npos || key_end >= end || text[key_end] != ':') return false;
    const std::size_t value_end = after_value(text, key_end + 1);
    if (value_end == std::string_view::npos || value_end > end) return false;
    if (value_end < end && text[value_end] != ',') return false;
    if (!visit(text.substr(i + 1, key_end - i - 2), text.substr(key_end + 1, value_end - key_end - 1))) return true;
    i = value_end + 1;
    if (value_end < end && i == end) return false;
  }
  return true;
}

}  // namespace

std::optional<std::vector<std::pair<std::string_view, std::string_view>>> object_slices(std::string_view text) {
  std::vector<std::pair<std::string_view, std::string_view>> members;
  const auto collect = [&](std::string_view key, std::string_view value) {
    members.emplace_back(key, value);
    return true;
  };
  if (!visit_members(text, collect)) return std::nullopt;
  return members;
}

std::optional<std::string_view> member_slice(std::string_view text, std::string_view key) {
  std::optional<std::string_view> found;
  const auto look = [&](std::string_view name, std::string_view value) {
    if (name != key) return true;
    found = value;
    return false;
  };
  if (!visit_members(text, look)) return std::nullopt;
  return found;
}

std::optional<std::vector<std::string_view>> array_slices(std::string_view text) {
  if (!is_wrapped(text, '[', ']')) return std::nullopt;
  std::vector<std::string_view> elements;
  const std::size_t end = text.size() - 1;
  std::size_t i = 1;
  while (i < end) {
    const std::size_t value_end = after_value(text, i);
    if (value_end == std::string_view::npos || value_end > end) return std::nullopt;
    elements.push_back(text.substr(i, value_end - i));
    if (value_end < end && text[value_end] != ',') return std::nullopt;
    i = value_end + 1;
    if (value_end < end && i == end) return std::nullopt;
  }
  return elements;
}

}  // namespace orchestrator::harness::event
