// SPDX-License-Identifier: Apache-2.0
#pragma once

// What a provider's answer consists of once it is decoded: the common output of every stream decoder
// and the content of `ProviderChunk`. Values without behaviour.

#include <string>
#include <variant>
#include <vector>

#include "orchestrator/harness/content.hpp"
#include "orchestrator/harness/errors.hpp"
#include "orchestrator/harness/stream.hpp"

namespace orchestrator::harness::event {

/// A piece of visible text (or of a refusal). `item_id` is unique within the attempt and made by the decoder
/// from the item's position, never from provider ids, which change in mid-stream on some hosts.
struct TextPiece {
  std::string item_id;
  std::string text;
  bool operator==(const TextPiece&) const = default;
};
struct ReasoningPiece {
  std::string item_id;
  std::string text;
  bool operator==(const ReasoningPiece&) const = default;
};
struct ToolArgumentsPiece {
  std::string item_id;
  std::string text;
  bool operator==(const ToolArgumentsPiece&) const = default;
};
/// A whole item. Pieces seen before under the same id concatenate to its text (or arguments).
struct ItemDone {
  std::string item_id;
  ConversationItem item;
  bool operator==(const ItemDone&) const = default;
};
/// Usage as the provider sent it; the last one of an attempt counts (providers send it cumulatively).
struct UsageSeen {
  Usage usage;
  bool operator==(const UsageSeen&) const = default;
};
/// The proper end of an answer. Nothing follows it.
struct AnswerFinished {
  FinishReason reason = FinishReason::other;
  std::string native_reason;
  std::string provider_model;        // the dated model the provider names, or empty
  std::string provider_response_id;  // or empty
  bool operator==(const AnswerFinished&) const = default;
};
/// The improper end of an answer. Nothing follows it.
struct AnswerFailed {
  Error error;
  bool operator==(const AnswerFailed&) const = default;
};

using ProviderPart =
    std::variant<TextPiece, ReasoningPiece, ToolArgumentsPiece, ItemDone, UsageSeen, AnswerFinished, AnswerFailed>;

/// Joins neighbouring pieces of the same kind and item, so that how an answer was cut into reads does not show.
void append_joined(std::vector<ProviderPart>& parts, ProviderPart part);

}  // namespace orchestrator::harness::event
