// SPDX-License-Identifier: Apache-2.0
#pragma once

// One item of a run's context: the conversation item, its identity, and its estimated size.
// Values; the item itself is immutable and shared, because history lives on in sessions and in requests.

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "orchestrator/harness/content.hpp"
#include "orchestrator/harness/ids.hpp"

namespace orchestrator::harness::event {

enum class ContextSource : std::uint8_t { history, input, output, hint, tool_result, retry, pinned, summary, memory };

struct ContextEntry {
  Hash hash;  // SHA-256 of the item's canonical JSON
  ContextSource source = ContextSource::input;
  std::uint64_t tokens = 0;  // by `estimate_tokens`
  std::uint64_t bytes = 0;   // of the canonical JSON and of inline media
  bool is_listed = false;    // in the manifest of a request, or of the run that left it as history
  bool opens_turn = false;   // a user message that begins an exchange: history is trimmed in whole exchanges
  std::shared_ptr<const ConversationItem> item;  // shared by state, session history and requests
  bool operator==(const ContextEntry& other) const {
    return hash == other.hash && source == other.source && tokens == other.tokens && bytes == other.bytes &&
           is_listed == other.is_listed && opens_turn == other.opens_turn;
  }
};

/// The entry of an item: hashes and measures it.
[[nodiscard]] ContextEntry make_context_entry(ConversationItem item, ContextSource source);

/// A rough token count: a quarter of the UTF-8 bytes of text, at least 1, plus 4 an item for its frame, plus 765 an
/// image (OpenAI's high-detail tile rule for 1024x1024). Only a budget guard; providers report the truth.
[[nodiscard]] std::uint64_t estimate_tokens(const ConversationItem& item);
/// The part of it that is text: a quarter of the bytes, rounded up.
[[nodiscard]] std::uint64_t estimate_text_tokens(std::string_view text);

/// The hash of a whole context: `list_hash` over its entries.
[[nodiscard]] Hash context_hash(const std::vector<ContextEntry>& entries);

}  // namespace orchestrator::harness::event
