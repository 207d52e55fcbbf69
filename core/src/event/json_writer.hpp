// SPDX-License-Identifier: Apache-2.0
#pragma once

// Canonical JSON text: no white space, strings escaped as in RFC 8785 (short escapes, else \u00xx in lower case,
// everything above U+001F verbatim), integers in decimal, doubles in their shortest form. Pure functions.

#include <charconv>
#include <concepts>
#include <cstdint>
#include <string>
#include <string_view>

namespace orchestrator::harness::event {

/// Appends `text` as a JSON string. REQUIRES: valid UTF-8.
void append_json_string(std::string& out, std::string_view text);

/// Appends an integer.
template <std::integral Integer>
void append_json_integer(std::string& out, Integer value) {
  char buffer[24];
  const auto result = std::to_chars(buffer, buffer + sizeof buffer, value);
  out.append(buffer, result.ptr);
}

/// Appends a finite double in the shortest form that reads back equal.
void append_json_double(std::string& out, double value);

/// True when `text` is well-formed UTF-8 (Unicode 15, table 3-7: no surrogates, no overlong forms).
[[nodiscard]] bool is_valid_utf8(std::string_view text);

}  // namespace orchestrator::harness::event
