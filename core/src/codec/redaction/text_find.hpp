// SPDX-License-Identifier: Apache-2.0
#pragma once

// A find inside a text, in bytes from its beginning. A plain value.

#include <cstddef>
#include <optional>

#include "orchestrator/harness/redaction.hpp"

namespace orchestrator::harness::codec {

struct TextFind {
  std::size_t begin = 0;
  std::size_t end = 0;
  RedactionKind kind = RedactionKind::secret;
};

/// The one of two finds that begins first; of two that begin together the longer, then the kind named first.
[[nodiscard]] constexpr std::optional<TextFind> first_of(std::optional<TextFind> a, std::optional<TextFind> b) {
  if (!a || !b) return a ? a : b;
  if (a->begin != b->begin) return a->begin < b->begin ? a : b;
  if (a->end != b->end) return a->end > b->end ? a : b;
  return a->kind <= b->kind ? a : b;
}

}  // namespace orchestrator::harness::codec
