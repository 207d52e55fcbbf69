// SPDX-License-Identifier: Apache-2.0
#include "event/event_difference.hpp"

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "event/character_cut.hpp"
#include "event/json_slices.hpp"

namespace orchestrator::harness::event {
namespace {

constexpr std::string_view kNothing = "nothing";
// Events nest under 12 levels; a text of another origin is compared as a whole from here on.
constexpr std::size_t kDepthMax = 32;

using Members = std::vector<std::pair<std::string_view, std::string_view>>;

std::string shown(std::string_view text) { return cut_with_ellipsis(text, kDifferenceBytesMax); }

// RFC 6901.
void append_token(std::string& pointer, std::string_view key) {
  pointer.push_back('/');
  for (const char c : key) {
    if (c == '~') {
      pointer += "~0";
    } else if (c == '/') {
      pointer += "~1";
    } else {
      pointer.push_back(c);
    }
  }
}

const std::string_view* value_of(const Members& members, std::string_view key) {
  const auto found = std::ranges::find(members, key, &Members::value_type::first);
  return found == members.end() ? nullptr : &found->second;
}

class Comparison {
 public:
  EventDifference run(std::string_view expected, std::string_view found, std::size_t depth) {
    if (depth < kDepthMax) {
      if (auto inside = in_objects(expected, found, depth)) return *std::move(inside);
      if (auto inside = in_arrays(expected, found, depth)) return *std::move(inside);
    }
    return {pointer_, shown(expected), shown(found)};
  }

 private:
  std::optional<EventDifference> in_objects(std::string_view expected, std::string_view found, std::size_t depth) {
    const auto left = expected.starts_with('{') ? object_slices(expected) : std::nullopt;
    const auto right = found.starts_with('{') ? object_slices(found) : std::nullopt;
    if (!left || !right) return std::nullopt;
    for (const auto& [key, value] : *left) {
      const std::string_view* other = value_of(*right, key);
      if (other != nullptr && *other == value) continue;
      append_token(pointer_, key);
      if (other == nullptr) return EventDifference{pointer_, shown(value), std::string(kNothing)};
      return run(value, *other, depth + 1);
    }
    for (const auto& [key, value] : *right) {
      if (value_of(*left, key) != nullptr) continue;
      append_token(pointer_, key);
      return EventDifference{pointer_, std::string(kNothing), shown(value)};
    }
    return std::nullopt;  // the same members in another order
  }

  std::optional<EventDifference> in_arrays(std::string_view expected, std::string_view found, std::size_t depth) {
    const auto left = expected.starts_with('[') ? array_slices(expected) : std::nullopt;
    const auto right = found.starts_with('[') ? array_slices(found) : std::nullopt;
    if (!left || !right) return std::nullopt;
    for (std::size_t i = 0; i < std::max(left->size(), right->size()); ++i) {
      if (i < left->size() && i < right->size() && (*left)[i] == (*right)[i]) continue;
      append_token(pointer_, std::to_string(i));
      if (i >= left->size()) return EventDifference{pointer_, std::string(kNothing), shown((*right)[i])};
      if (i >= right->size()) return EventDifference{pointer_, shown((*left)[i]), std::string(kNothing)};
      return run((*left)[i], (*right)[i], depth + 1);
    }
    return std::nullopt;
  }

  std::string pointer_;
};

}  // namespace

EventDifference first_difference(std::string_view expected, std::string_view found) {
  return Comparison().run(expected, found, 0);
}

}  // namespace orchestrator::harness::event
