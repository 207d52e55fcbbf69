// SPDX-License-Identifier: Apache-2.0
#include "orchestrator/harness/content.hpp"

#include <utility>

namespace orchestrator::harness {

SharedBytes::SharedBytes(std::string bytes)
    : bytes_(std::make_shared<const std::string>(std::move(bytes))),
      size_bytes_(bytes_->size()),
      hash_(sha256(*bytes_)) {}

SharedBytes SharedBytes::reference(const Hash& hash, std::uint64_t size_bytes) {
  SharedBytes result;
  result.size_bytes_ = size_bytes;
  result.hash_ = hash;
  return result;
}

namespace {

void append_text(std::string& out, const std::vector<ContentPart>& parts) {
  for (const ContentPart& part : parts) {
    if (const auto* text = std::get_if<TextPart>(&part)) out += text->text;
    if (const auto* json = std::get_if<JsonPart>(&part)) out += json->json.text;
  }
}

struct TextOf {
  std::string operator()(const MessageItem& item) const {
    std::string out;
    append_text(out, item.parts);
    return out;
  }
  std::string operator()(const ReasoningItem& item) const { return item.text; }
  std::string operator()(const RefusalItem& item) const { return item.text; }
  std::string operator()(const ToolCallItem& item) const { return item.name + item.arguments; }
  std::string operator()(const ToolResultItem& item) const {
    std::string out;
    append_text(out, item.parts);
    return out;
  }
  std::string operator()(const OtherItem&) const { return {}; }
};

}  // namespace

std::string text_of(const ConversationItem& item) { return std::visit(TextOf{}, item.value); }

ConversationItem user_text(std::string text) {
  MessageItem message;
  message.role = Role::user;
  message.parts.emplace_back(TextPart{std::move(text)});
  return ConversationItem{std::move(message), {}};
}

}  // namespace orchestrator::harness
