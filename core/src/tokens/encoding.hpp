// SPDX-License-Identifier: Apache-2.0
#pragma once

// The encodings that are known here, as constants. Pure.

#include <cstddef>
#include <string>
#include <string_view>

namespace orchestrator::harness::tokens {

/// What an encoding is beside its ranks. Static lifetime.
struct Encoding {
  std::string_view name;
  std::size_t tokens;        // special ones left out
  std::string_view pattern;  // cuts a text into pieces; see `compiled_form`
};

/// The encoding of that name, or null.
[[nodiscard]] const Encoding* find_encoding(std::string_view name);

/// The names, for a message: `o200k_base, cl100k_base`.
[[nodiscard]] std::string known_encodings();

/// The pattern as PCRE2 has to see it, so that it means what it means to tiktoken, whatever version of Unicode PCRE2
/// was built with.
[[nodiscard]] std::string compiled_form(std::string_view pattern);

}  // namespace orchestrator::harness::tokens
