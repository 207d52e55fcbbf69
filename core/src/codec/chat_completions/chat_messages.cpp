// SPDX-License-Identifier: Apache-2.0
#include "codec/chat_completions/chat_messages.hpp"

#include <cstddef>
#include <optional>
#include <utility>
#include <vector>

#include <boost/json/serialize.hpp>

#include "codec/chat_completions/chat_content.hpp"
#include "codec/json_document.hpp"
#include "codec/object_writer.hpp"

namespace orchestrator::harness::codec {
namespace {

constexpr std::string_view kOrigin = "chat";

// Consecutive items of the assistant: what becomes one message.
struct AssistantTurn {
  std::size_t start = 0;
  std::string text;
  std::string refusal;
  std::string reasoning_content;
  std::string reasoning;
  std::string thinking;
  std::string details;  // elements of `reasoning_details`, with commas
  struct Call {
    std::size_t position;
    const ToolCallItem* item;
    bool own;  // made by this wire format, so that its echo may go back
  };
  std::vector<Call> calls;

  [[nodiscard]] bool has_reasoning() const {
    return !reasoning_content.empty() || !reasoning.empty() || !thinking.empty() || !details.empty();
  }
};

class MessageList {
 public:
  MessageList(std::string& out, const ProviderRequest& request, const ChatOptions& options)
      : out_(out), request_(request), options_(options), used_(request.items.size(), false) {
    for (std::size_t i = 0; i < request.items.size(); ++i) {
      const auto* message = std::get_if<MessageItem>(&request.items[i]->value);
      if (message != nullptr && message->role == Role::user) after_last_user_ = i + 1;
    }
  }

  Result<void> write();

 private:
  Result<void> take(std::size_t position, const ConversationItem& item);
  Result<void> take_message(std::size_t position, const MessageItem& message);
  void take_reasoning(AssistantTurn& turn, const ReasoningItem& reasoning);
  AssistantTurn& turn_at(std::size_t position);

  Result<void> end_turn();
  void write_assistant(const AssistantTurn& turn, bool with_reasoning);
  void write_assistant_content(ObjectWriter& message, const AssistantTurn& turn, bool with_reasoning);
  void write_call(const AssistantTurn::Call& call);
  Result<void> write_results(const AssistantTurn& turn);
  const ToolResultItem* take_result(const AssistantTurn::Call& call);

  // Begins an element of the list.
  std::string& next() {
    if (count_++ > 0) out_ += ',';
    return out_;
  }

  std::string& out_;
  const ProviderRequest& request_;
  const ChatOptions& options_;
  std::vector<bool> used_;  // results that have been written
  std::optional<AssistantTurn> turn_;
  std::size_t after_last_user_ = 0;
  std::size_t count_ = 0;
};

// Arguments as hosts take them back: a JSON object. Several parse them, and fail for good on what the model got wrong.
std::string arguments_to_send(const ToolCallItem& call) {
  if (call.arguments.empty()) return "{}";
  JsonDocument document;
  if (document.parse_object(call.arguments)) return call.arguments;
  std::string out;
  ObjectWriter wrapped(out);
  wrapped.text("invalid_arguments", call.arguments);
  wrapped.end();
  return out;
}

Result<void> MessageList::write() {
  out_ += '[';
  if (!request_.system.empty()) {
    ObjectWriter message(next());
    message.text("role", options_.system_role);
    message.text("content", request_.system);
    message.end();
  }
  for (std::size_t i = 0; i < request_.items.size(); ++i) {
    if (auto taken = take(i, *request_.items[i]); !taken) return taken;
  }
  if (auto ended = end_turn(); !ended) return ended;
  out_ += ']';
  if (count_ == 0) return fail(RuntimeErrorCode::invalid_argument, "the request holds no message", "input");
  return {};
}

AssistantTurn& MessageList::turn_at(std::size_t position) {
  return turn_ ? *turn_ : turn_.emplace(AssistantTurn{.start = position});
}

Result<void> MessageList::take(std::size_t position, const ConversationItem& item) {
  if (const auto* message = std::get_if<MessageItem>(&item.value)) return take_message(position, *message);
  // Results are written with the call that they answer; where they stand, the turn has ended.
  if (std::holds_alternative<ToolResultItem>(item.value)) return end_turn();
  AssistantTurn& turn = turn_at(position);
  if (const auto* reasoning = std::get_if<ReasoningItem>(&item.value); reasoning != nullptr && item.origin == kOrigin) {
    take_reasoning(turn, *reasoning);
  } else if (const auto* refusal = std::get_if<RefusalItem>(&item.value)) {
    (options_.refusal_field ? turn.refusal : turn.text) += refusal->text;
  } else if (const auto* call = std::get_if<ToolCallItem>(&item.value)) {
    turn.calls.push_back({position, call, item.origin == kOrigin});
  }
  return {};
}

Result<void> MessageList::take_message(std::size_t position, const MessageItem& message) {
  if (message.role == Role::assistant) {
    for (const auto& part : message.parts) {
      const auto* text = find_text(part);
      if (text == nullptr)
        return fail(RuntimeErrorCode::capability_missing,
                    "this provider cannot take media in a message of the assistant");
      turn_at(position).text += *text;
    }
    return {};
  }
  if (auto ended = end_turn(); !ended) return ended;
  ObjectWriter object(next());
  object.text("role", message.role == Role::system ? std::string_view(options_.system_role) : "user");
  if (auto written = append_chat_content(object.key("content"), message.parts, options_.inputs); !written)
    return written;
  object.end();
  return {};
}

void MessageList::take_reasoning(AssistantTurn& turn, const ReasoningItem& reasoning) {
  JsonDocument document;
  const auto echo = document.parse_object(reasoning.echo.text);
  if (!echo) return;  // nothing says in which form it would go back
  const auto* details = options_.reasoning_details ? find_array(**echo, "reasoning_details") : nullptr;
  if (details != nullptr) {
    for (const auto& detail : *details) {
      if (!turn.details.empty()) turn.details += ',';
      turn.details += boost::json::serialize(detail);
    }
  }
  const auto field = string_or(**echo, "text_field");
  if (field == "reasoning_content") turn.reasoning_content += reasoning.text;
  if (field == "reasoning" && details == nullptr) turn.reasoning += reasoning.text;  // the details hold it already
  if (field == "thinking") turn.thinking += reasoning.text;
}

Result<void> MessageList::end_turn() {
  if (!turn_) return {};
  const AssistantTurn turn = std::move(*turn_);
  turn_.reset();
  const bool echoes = options_.reasoning_echo == ReasoningEcho::always ||
                      (options_.reasoning_echo == ReasoningEcho::tool_loop && turn.start >= after_last_user_);
  const bool with_reasoning = echoes && turn.has_reasoning();
  if (turn.text.empty() && turn.refusal.empty() && turn.calls.empty() && !with_reasoning) return {};
  write_assistant(turn, with_reasoning);
  return write_results(turn);
}

void MessageList::write_assistant(const AssistantTurn& turn, bool with_reasoning) {
  ObjectWriter message(next());
  message.text("role", "assistant");
  write_assistant_content(message, turn, with_reasoning);
  if (!turn.refusal.empty()) message.text("refusal", turn.refusal);
  if (with_reasoning) {
    if (!turn.reasoning_content.empty()) message.text("reasoning_content", turn.reasoning_content);
    if (!turn.reasoning.empty()) message.text("reasoning", turn.reasoning);
    if (!turn.details.empty()) message.raw("reasoning_details", "[" + turn.details + "]");
  }
  if (!turn.calls.empty()) {
    message.key("tool_calls") += '[';
    for (std::size_t i = 0; i < turn.calls.size(); ++i) {
      if (i > 0) out_ += ',';
      write_call(turn.calls[i]);
    }
    out_ += ']';
  }
  message.end();
}

void MessageList::write_assistant_content(ObjectWriter& message, const AssistantTurn& turn, bool with_reasoning) {
  if (!with_reasoning || turn.thinking.empty()) {
    if (turn.text.empty()) {
      message.raw("content", "null");
    } else {
      message.text("content", turn.text);
    }
    return;
  }
  message.key("content") += R"([{"type":"thinking","thinking":[{"type":"text","text":)";
  event::append_json_string(out_, turn.thinking);
  out_ += "}]}";
  if (!turn.text.empty()) {
    out_ += R"(,{"type":"text","text":)";
    event::append_json_string(out_, turn.text);
    out_ += '}';
  }
  out_ += ']';
}

void MessageList::write_call(const AssistantTurn::Call& call) {
  ObjectWriter object(out_);
  object.text("id", call.item->call_id);
  object.text("type", call.item->custom ? "custom" : "function");
  ObjectWriter function(object.key(call.item->custom ? "custom" : "function"));
  function.text("name", call.item->name);
  if (call.item->custom) {
    function.text("input", call.item->arguments);
  } else {
    function.text("arguments", arguments_to_send(*call.item));
  }
  function.end();
  JsonDocument document;
  if (const auto echo = document.parse_object(call.item->echo.text); call.own && echo) {
    for (const auto& member : **echo) {
      const std::string_view key(member.key().data(), member.key().size());
      if (key != "id") object.raw(key, boost::json::serialize(member.value()));
    }
  }
  object.end();
}

// The first result after the call that bears its id, and stands before the next call of that id: some hosts use the
// same ids in every turn.
const ToolResultItem* MessageList::take_result(const AssistantTurn::Call& call) {
  for (std::size_t i = call.position + 1; i < request_.items.size(); ++i) {
    const auto* again = std::get_if<ToolCallItem>(&request_.items[i]->value);
    if (again != nullptr && again->call_id == call.item->call_id) return nullptr;
    const auto* result = std::get_if<ToolResultItem>(&request_.items[i]->value);
    if (result == nullptr || used_[i] || result->call_id != call.item->call_id) continue;
    used_[i] = true;
    return result;
  }
  return nullptr;
}

Result<void> MessageList::write_results(const AssistantTurn& turn) {
  std::string media;  // messages of tools hold text only; what else they gave follows as one message of the user
  for (const auto& call : turn.calls) {
    const auto* result = take_result(call);
    std::string text;
    bool first_of_call = true;
    static const std::vector<ContentPart> kNone;
    for (const auto& part : result == nullptr ? kNone : result->parts) {
      if (const auto* piece = find_text(part)) {
        text.append(text.empty() ? "" : "\n").append(*piece);
        continue;
      }
      if (!media.empty()) media += ',';
      if (std::exchange(first_of_call, false)) {
        ObjectWriter label(media);
        label.text("type", "text");
        label.text("text", "Result of the tool call " + call.item->call_id + ":");
        label.end();
        media += ',';
      }
      if (auto written = append_chat_part(media, part, options_.inputs); !written) return written;
    }
    if (result == nullptr) text = "The call was not carried out.";
    ObjectWriter message(next());
    message.text("role", "tool");
    message.text("tool_call_id", call.item->call_id);
    message.text("content", text);
    message.end();
  }
  if (media.empty()) return {};
  ObjectWriter message(next());
  message.text("role", "user");
  message.raw("content", "[" + media + "]");
  message.end();
  return {};
}

}  // namespace

Result<void> append_chat_messages(std::string& out, const ProviderRequest& request, const ChatOptions& options) {
  return MessageList(out, request, options).write();
}

}  // namespace orchestrator::harness::codec
