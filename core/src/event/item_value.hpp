// SPDX-License-Identifier: Apache-2.0
#pragma once

// What kind of output an item is, and the text that its deltas add up to.
// Pure functions on values.

#include <string>

#include "orchestrator/harness/content.hpp"
#include "orchestrator/harness/stream.hpp"

namespace orchestrator::harness::event {

/// The kind under which an item of an answer is journaled.
[[nodiscard]] ItemKind kind_of(const ConversationItem& item);

/// What the deltas of an item concatenate to: the arguments of a tool call, the text of any other item.
[[nodiscard]] std::string value_of(const ConversationItem& item);

/// True for the kinds that people see as the answer: text and refusals.
[[nodiscard]] constexpr bool is_visible(ItemKind kind) { return kind == ItemKind::text || kind == ItemKind::refusal; }

}  // namespace orchestrator::harness::event
