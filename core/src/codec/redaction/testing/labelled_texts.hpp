// SPDX-License-Identifier: Apache-2.0
#pragma once

// A labelled set to measure redaction by. Every value is made up. Texts with an even index are half A, on which rules
// were tuned; those with an odd one are half B, which was only measured.

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "codec/redaction/text_scanner.hpp"
#include "orchestrator/harness/redaction.hpp"

namespace orchestrator::harness::codec::testing {

/// Texts in which each value to hide stands between marks: `«KIND|VALUE»`. Static lifetime.
[[nodiscard]] std::span<const std::string_view> labelled_texts();

/// Texts in which nothing is to hide. Static lifetime.
[[nodiscard]] std::span<const std::string_view> lookalike_texts();

/// A text without its marks, and where its values are.
struct LabelledText {
  std::string text;
  std::vector<RedactedSpan> values;
};
[[nodiscard]] LabelledText unmarked(std::string_view marked);

/// The policy that the set is meant for: every detector on, and its three configured secrets.
[[nodiscard]] RedactionPolicy labelled_policy();

}  // namespace orchestrator::harness::codec::testing
