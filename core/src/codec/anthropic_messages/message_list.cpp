// SPDX-License-Identifier: Apache-2.0
#include "codec/anthropic_messages/message_list.hpp"

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "codec/anthropic_messages/answer_blocks.hpp"
#include "codec/anthropic_messages/content_blocks.hpp"
#include "codec/json_document.hpp"
#include "codec/json_slice.hpp"
#include "codec/object_writer.hpp"

namespace orchestrator::harness::codec::messages {
namespace {

constexpr std::string_view kNotCarriedOut = "The call was not carried out.";

// Ids of calls that another wire made may hold what is refused here.
std::string wire_id(std::string_view call_id) {
  std::string id(call_id);
  std::ranges::replace_if(
      id,
      [](char c) {
        const bool is_plain =
            (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
        return !is_plain;
      },
      '_');
  return id;
}

// Arguments must be an object; what the model got wrong goes back inside of one.
std::string input_of(const ToolCallItem& call) {
  if (call.custom || (!call.arguments.empty() && !JsonDocument().parse_object(call.arguments))) {
    std::string out;
    ObjectWriter wrapped(out);
    wrapped.text(call.custom ? "input" : "invalid_arguments", call.arguments);
    wrapped.end();
    return out;
  }
  return call.arguments.empty() ? "{}" : call.arguments;
}

class MessageList {
 public:
  MessageList(std::string& out, const ProviderRequest& request)
      : out_(out), request_(request), used_(request.items.size(), false) {}
  Result<void> write();

 private:
  Result<void> take(std::size_t position);
  Result<void> take_message(const MessageItem& message, bool own);
  void take_reasoning(const ReasoningItem& reasoning);
  void take_call(std::size_t position, const ToolCallItem& call, bool own);
  Result<void> answer_calls();
  [[nodiscard]] const ToolResultItem* take_result(std::size_t call_position);
  void begin(Role role);
  void end_message();

  // Begins a block of the message.
  std::string& next_block() {
    if (blocks_++ > 0) out_ += ',';
    return out_;
  }

  std::string& out_;
  const ProviderRequest& request_;
  std::vector<bool> used_;          // results that have been written
  std::vector<std::size_t> calls_;  // of the assistant's message that is open
  std::optional<Role> role_;        // of the open message
  std::size_t messages_ = 0;
  std::size_t blocks_ = 0;
};

Result<void> MessageList::write() {
  out_ += '[';
  for (std::size_t i = 0; i < request_.items.size(); ++i) {
    if (auto taken = take(i); !taken) return taken;
  }
  if (auto answered = answer_calls(); !answered) return answered;
  end_message();
  out_ += ']';
  if (messages_ == 0) return fail(RuntimeErrorCode::invalid_argument, "the request holds no message", "input");
  return {};
}

void MessageList::begin(Role role) {
  if (role_ == role) return;
  end_message();
  if (messages_ == 0 && role == Role::assistant) {
    // The first message must be the user's; history that was trimmed may begin otherwise.
    out_ += R"({"role":"user","content":[{"type":"text","text":"Earlier messages were left out."}]})";
    ++messages_;
  }
  if (messages_++ > 0) out_ += ',';
  out_ += role == Role::assistant ? R"({"role":"assistant","content":[)" : R"({"role":"user","content":[)";
  role_ = role;
  blocks_ = 0;
}

void MessageList::end_message() {
  if (role_) out_ += "]}";
  role_.reset();
}

Result<void> MessageList::take(std::size_t position) {
  const ConversationItem& item = *request_.items[position];
  const bool own = item.origin == kOrigin;
  if (const auto* message = std::get_if<MessageItem>(&item.value)) return take_message(*message, own);
  // Results are written with the call that they answer.
  if (std::holds_alternative<ToolResultItem>(item.value)) return answer_calls();
  if (const auto* refusal = std::get_if<RefusalItem>(&item.value)) {
    if (refusal->text.empty()) return {};
    begin(Role::assistant);
    append_text_block(next_block(), refusal->text);
  } else if (const auto* reasoning = std::get_if<ReasoningItem>(&item.value)) {
    if (own) take_reasoning(*reasoning);
  } else if (const auto* call = std::get_if<ToolCallItem>(&item.value)) {
    take_call(position, *call, own);
  } else if (const auto* other = std::get_if<OtherItem>(&item.value); other != nullptr && own) {
    begin(Role::assistant);
    next_block() += other->echo.text;
  }
  return {};
}

Result<void> MessageList::take_message(const MessageItem& message, bool own) {
  if (message.role != Role::assistant) {
    if (auto answered = answer_calls(); !answered) return answered;
    for (const ContentPart& part : message.parts) {
      const std::string* text = text_in(part);
      if (text != nullptr && text->empty()) continue;  // an empty block is refused
      begin(Role::user);
      if (auto written = append_block(next_block(), part); !written) return written;
    }
    return {};
  }
  for (const ContentPart& part : message.parts) {
    const std::string* text = text_in(part);
    if (text == nullptr) {
      return fail(RuntimeErrorCode::capability_missing, "this provider takes no media in messages of the assistant");
    }
    if (text->empty()) continue;
    begin(Role::assistant);
    ObjectWriter block(next_block());
    block.text("type", "text");
    block.text("text", *text);
    if (const auto citations = slice_member(message.echo.text, "citations"); own && !citations.empty()) {
      block.raw("citations", citations);
    }
    block.end();
  }
  return {};
}

void MessageList::take_reasoning(const ReasoningItem& reasoning) {
  const std::string_view signature = slice_member(reasoning.echo.text, "signature");
  if (signature.empty()) return;  // refused without it
  begin(Role::assistant);
  ObjectWriter block(next_block());
  block.text("type", "thinking");
  block.text("thinking", reasoning.text);
  block.raw("signature", signature);
  block.end();
}

void MessageList::take_call(std::size_t position, const ToolCallItem& call, bool own) {
  begin(Role::assistant);
  ObjectWriter block(next_block());
  block.text("type", "tool_use");
  block.text("id", wire_id(call.call_id));
  block.text("name", call.name);
  block.raw("input", input_of(call));
  JsonSlices members(own ? std::string_view(call.echo.text) : std::string_view());
  std::string_view name;
  std::string_view value;
  while (members.next(name, value)) block.raw(name, value);
  block.end();
  calls_.push_back(position);
}

// The first result after the call that bears its id and stands before the next call of that id.
const ToolResultItem* MessageList::take_result(std::size_t call_position) {
  const std::string& id = std::get<ToolCallItem>(request_.items[call_position]->value).call_id;
  for (std::size_t i = call_position + 1; i < request_.items.size(); ++i) {
    const auto* again = std::get_if<ToolCallItem>(&request_.items[i]->value);
    if (again != nullptr && again->call_id == id) return nullptr;
    const auto* result = std::get_if<ToolResultItem>(&request_.items[i]->value);
    if (result == nullptr || used_[i] || result->call_id != id) continue;
    used_[i] = true;
    return result;
  }
  return nullptr;
}

Result<void> MessageList::answer_calls() {
  if (calls_.empty()) return {};
  begin(Role::user);
  for (const std::size_t position : std::exchange(calls_, {})) {
    const ToolResultItem* result = take_result(position);
    ObjectWriter block(next_block());
    block.text("type", "tool_result");
    block.text("tool_use_id", wire_id(std::get<ToolCallItem>(request_.items[position]->value).call_id));
    if (result == nullptr) {
      block.text("content", kNotCarriedOut);
    } else if (!result->parts.empty()) {
      if (auto written = append_result_content(block.key("content"), result->parts); !written) return written;
    }
    if (result == nullptr || result->is_error) block.flag("is_error", true);
    block.end();
  }
  return {};
}

}  // namespace

Result<void> append_message_list(std::string& out, const ProviderRequest& request) {
  return MessageList(out, request).write();
}

}  // namespace orchestrator::harness::codec::messages
