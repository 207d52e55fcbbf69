// SPDX-License-Identifier: Apache-2.0
#pragma once

// The patterns or keywords of one rule, compiled. Immutable; copies share it; any thread may search with it. The time
// of a search is linear in the text (RE2).

#include <cstddef>
#include <memory>
#include <optional>
#include <string_view>

#include "orchestrator/harness/safety.hpp"

namespace orchestrator::harness::codec {

/// A part of a text, in bytes.
struct TextSpan {
  std::size_t begin = 0;
  std::size_t end = 0;
  bool operator==(const TextSpan&) const = default;
};

class TextPatterns {
 public:
  /// Errors: `configuration_invalid`, its `at` being the key of the rule that is wrong (`patterns[2]`): a bound passed,
  /// a pattern that RE2 does not take or that matches the empty text.
  [[nodiscard]] static Result<TextPatterns> compile(const PatternCheck& check);
  [[nodiscard]] static Result<TextPatterns> compile(const KeywordCheck& check);

  /// The first match that begins at `from` or behind. What stands before `from` is looked at as its surroundings.
  /// REQUIRES: `from` is at a character of `text`, or its end.
  [[nodiscard]] std::optional<TextSpan> find(std::string_view text, std::size_t from) const;
  /// How many bytes from its beginning on are enough to know whether and where a match ends; of patterns a promise of
  /// the rule's.
  [[nodiscard]] std::size_t window_bytes() const;

 private:
  struct Compiled;
  explicit TextPatterns(std::shared_ptr<const Compiled> compiled) : compiled_(std::move(compiled)) {}
  std::shared_ptr<const Compiled> compiled_;
};

}  // namespace orchestrator::harness::codec
