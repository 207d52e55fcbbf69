// SPDX-License-Identifier: Apache-2.0
#include "event/item_value.hpp"

#include <variant>

namespace orchestrator::harness::event {

ItemKind kind_of(const ConversationItem& item) {
  struct Visitor {
    ItemKind operator()(const MessageItem&) const { return ItemKind::text; }
    ItemKind operator()(const ReasoningItem&) const { return ItemKind::reasoning; }
    ItemKind operator()(const RefusalItem&) const { return ItemKind::refusal; }
    ItemKind operator()(const ToolCallItem&) const { return ItemKind::tool_call; }
    ItemKind operator()(const ToolResultItem&) const { return ItemKind::other; }
    ItemKind operator()(const OtherItem&) const { return ItemKind::other; }
  };
  return std::visit(Visitor{}, item.value);
}

std::string value_of(const ConversationItem& item) {
  if (const auto* call = std::get_if<ToolCallItem>(&item.value)) return call->arguments;
  return text_of(item);
}

}  // namespace orchestrator::harness::event
