// SPDX-License-Identifier: Apache-2.0
#pragma once

// Where the JSON of two events differs first, in words that fit a line. Pure.

#include <cstddef>
#include <string>
#include <string_view>

namespace orchestrator::harness::event {

/// What stands at the place of the first difference, as JSON text; `nothing` where one of the two has no such member.
/// A text of more than `kDifferenceBytesMax` bytes is cut between two characters and ends in an ellipsis.
struct EventDifference {
  std::string field;  // a JSON pointer; empty: the value as a whole
  std::string expected;
  std::string found;
  bool operator==(const EventDifference&) const = default;
};
inline constexpr std::size_t kDifferenceBytesMax = 200;

/// The first difference in the order of `expected`. REQUIRES: valid JSON texts that are not the same text.
[[nodiscard]] EventDifference first_difference(std::string_view expected, std::string_view found);

}  // namespace orchestrator::harness::event
