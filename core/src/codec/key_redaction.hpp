// SPDX-License-Identifier: Apache-2.0
#pragma once

// Removes what looks like a key, or a part of one, from texts of a provider before anyone sees them: providers echo
// keys in their error messages. Works on patterns alone; whoever knows the key itself should remove that as well.
// Pure functions, safe on any thread.

#include <cstddef>
#include <string>
#include <string_view>

namespace orchestrator::harness::codec {

/// `text` with each likely key replaced by `[redacted]`: known prefixes (`sk-`, `gsk_`, `AIza`, ...), bearer tokens,
/// masked keys (`abc***xyz`), values after `api key:` and the like, `key=` in addresses. Applying it twice changes
/// nothing more.
[[nodiscard]] std::string redact_keys(std::string_view text);

/// Redacted, with control characters turned into spaces (line ends kept where `keep_lines`), broken UTF-8 turned into
/// U+FFFD, and cut to at most `bytes_max` bytes at a character, marked by `...`.
struct QuoteOptions {
  std::size_t bytes_max = 2'000;
  bool keep_lines = false;
};
[[nodiscard]] std::string quote_provider_text(std::string_view text, QuoteOptions options = {});

}  // namespace orchestrator::harness::codec
