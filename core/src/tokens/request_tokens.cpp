// SPDX-License-Identifier: Apache-2.0
#include "tokens/request_tokens.hpp"

#include <algorithm>
#include <variant>

namespace orchestrator::harness::tokens {
namespace {

constexpr std::uint64_t kMessageFrame = 3;
constexpr std::uint64_t kAnswerFrame = 3;
constexpr std::uint64_t kAnswerFrameOfGpt5 = 2;
constexpr std::uint64_t kRoughFrame = 8;        // of a call, a result, a tool or a schema: a guess
constexpr std::uint64_t kTokensPerImage = 765;  // as the estimate has it

bool is_gpt5(std::string_view model) { return model.starts_with("gpt-5"); }

// Of the other reasoning models nothing is known.
bool has_known_frame(std::string_view model) {
  return is_gpt5(model) || model.starts_with("gpt-4o") || model.starts_with("gpt-4.1");
}

}  // namespace

RequestCount::RequestCount(const TokenCounter& counter, std::string_view model)
    : counter_(counter),
      keeps_thoughts_(is_gpt5(model)),
      tokens_(is_gpt5(model) ? kAnswerFrameOfGpt5 : kAnswerFrame),
      is_exact_(has_known_frame(model)) {}

void RequestCount::add_message(std::string_view role, std::string_view text) {
  tokens_ += kMessageFrame + counter_.count(role) + counter_.count(text);
}

void RequestCount::add_roughly(std::string_view text) {
  tokens_ += kRoughFrame + counter_.count(text);
  is_exact_ = false;
}

void RequestCount::add_system(std::string_view text) {
  if (!text.empty()) add_message("system", text);
}

void RequestCount::add_item(const ConversationItem& item) {
  const auto* message = std::get_if<MessageItem>(&item.value);
  if (message == nullptr) {
    if (const auto* call = std::get_if<ToolCallItem>(&item.value)) {
      add_roughly(call->name);
      add_roughly(call->arguments);
    } else if (!std::holds_alternative<ReasoningItem>(item.value)) {
      add_roughly(text_of(item));
    } else {
      is_exact_ = false;
    }
    return;
  }
  const bool is_text = std::ranges::all_of(
      message->parts, [](const ContentPart& part) { return std::holds_alternative<TextPart>(part); });
  const bool is_answer = message->role == Role::assistant;
  if (!is_text || message->parts.size() > 1 || (is_answer && keeps_thoughts_)) is_exact_ = false;
  for (const ContentPart& part : message->parts) {
    if (std::holds_alternative<ImagePart>(part)) tokens_ += kTokensPerImage;
  }
  add_message(is_answer ? "assistant" : message->role == Role::system ? "system" : "user", text_of(item));
}

void RequestCount::add_tool(const ToolSpec& tool) {
  add_roughly(tool.name);
  tokens_ += counter_.count(tool.description) + counter_.count(tool.input_schema.text) / 2;
}

void RequestCount::add_schema(std::string_view schema) { add_roughly(schema); }

}  // namespace orchestrator::harness::tokens
