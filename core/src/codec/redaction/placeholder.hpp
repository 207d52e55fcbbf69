// SPDX-License-Identifier: Apache-2.0
#pragma once

// What stands where something was taken out: `[redacted:KIND]`, or `[redacted:KIND:N]` where a vault keeps the value.
// KIND is 1 to 24 of [a-z_], N 1 to 10 digits. Pure functions.

#include <cstddef>
#include <string>
#include <string_view>

#include "orchestrator/harness/redaction.hpp"

namespace orchestrator::harness::codec {

/// The longest placeholder, in bytes.
inline constexpr std::size_t kPlaceholderBytesMax = 46;
/// What stands for a whole text under `RedactionMode::metadata_only`.
inline constexpr std::string_view kContentPlaceholder = "[redacted:content]";

/// `[redacted:KIND]`.
[[nodiscard]] std::string placeholder_of(RedactionKind kind);

/// The front of a text: a placeholder of `size` bytes; or, with `size` 0, none. `open` tells that the whole text is the
/// beginning of one, so that more of it decides.
struct PlaceholderFront {
  std::size_t size = 0;
  bool open = false;
};
[[nodiscard]] PlaceholderFront placeholder_front(std::string_view text);

/// True where all of `text` is one placeholder.
[[nodiscard]] bool is_placeholder(std::string_view text);

/// True where `text` holds a placeholder anywhere.
[[nodiscard]] bool has_placeholder(std::string_view text);

}  // namespace orchestrator::harness::codec
