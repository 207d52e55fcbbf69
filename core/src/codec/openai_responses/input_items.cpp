// SPDX-License-Identifier: Apache-2.0
#include "codec/openai_responses/input_items.hpp"

#include <cstddef>
#include <set>
#include <string_view>
#include <vector>

#include "codec/json_slice.hpp"
#include "codec/object_writer.hpp"
#include "codec/openai_responses/input_content.hpp"

namespace orchestrator::harness::codec::responses {
namespace {

constexpr std::string_view kOrigin = "responses";

bool is_from_assistant(const ConversationItem& item) {
  const auto* message = std::get_if<MessageItem>(&item.value);
  return (message != nullptr && message->role == Role::assistant) || std::holds_alternative<RefusalItem>(item.value) ||
         std::holds_alternative<ToolCallItem>(item.value) || std::holds_alternative<OtherItem>(item.value);
}

// An echo with content is the whole item: it held parts that have no common form.
bool is_whole_item(const RawJson& echo) { return !slice_member(echo.text, "content").empty(); }

class InputList {
 public:
  InputList(std::string& out, const ProviderRequest& request, const InputOptions& options)
      : out_(out), request_(request), options_(options) {}

  Result<void> write();

 private:
  Result<void> write_item(std::size_t at);
  Result<void> write_message(std::size_t at, const MessageItem& message, bool own);
  void write_assistant(std::size_t at, const MessageItem& message, bool own);
  void write_refusal(const RefusalItem& refusal, bool own);
  void write_reasoning(std::size_t at, const ReasoningItem& reasoning);
  void write_call(std::size_t at, const ToolCallItem& call, bool own);
  Result<void> write_result(const ToolResultItem& result);
  void write_echo(ObjectWriter& object, const RawJson& echo, bool own) const;
  void write_verbatim(const RawJson& item);

  [[nodiscard]] const ConversationItem& item(std::size_t at) const { return *request_.items[at]; }
  [[nodiscard]] bool is_answered(std::size_t at, std::string_view call_id) const;
  [[nodiscard]] bool sends_ids() const { return options_.item_ids && !dropped_reasoning_; }
  [[nodiscard]] bool is_usable(std::size_t at, const ReasoningItem& reasoning) const;

  std::string& next() {
    if (count_++ > 0) out_ += ',';
    return out_;
  }

  std::string& out_;
  const ProviderRequest& request_;
  const InputOptions& options_;
  std::size_t count_ = 0;
  std::set<std::string, std::less<>> open_calls_;  // calls whose output has not come yet
  bool dropped_reasoning_ = false;                 // of the answer that is being written: its ids are of no use
  bool merged_refusal_ = false;                    // the next item is part of the message before it
};

Result<void> InputList::write() {
  out_ += '[';
  for (std::size_t at = 0; at < request_.items.size(); ++at) {
    if (auto written = write_item(at); !written) return written;
  }
  out_ += ']';
  if (count_ == 0) return fail(RuntimeErrorCode::invalid_argument, "the request holds no message", "input");
  return {};
}

Result<void> InputList::write_item(std::size_t at) {
  const ConversationItem& current = item(at);
  const bool own = current.origin == kOrigin;
  if (const auto* message = std::get_if<MessageItem>(&current.value)) return write_message(at, *message, own);
  if (const auto* refusal = std::get_if<RefusalItem>(&current.value)) {
    if (!merged_refusal_) write_refusal(*refusal, own);
    merged_refusal_ = false;
  } else if (const auto* reasoning = std::get_if<ReasoningItem>(&current.value)) {
    if (own) write_reasoning(at, *reasoning);
  } else if (const auto* call = std::get_if<ToolCallItem>(&current.value)) {
    write_call(at, *call, own);
  } else if (const auto* result = std::get_if<ToolResultItem>(&current.value)) {
    return write_result(*result);
  } else if (const auto* other = std::get_if<OtherItem>(&current.value)) {
    if (own && !other->echo.text.empty()) next() += other->echo.text;
  }
  return {};
}

Result<void> InputList::write_message(std::size_t at, const MessageItem& message, bool own) {
  if (message.role == Role::assistant) {
    for (const ContentPart& part : message.parts) {
      if (!std::holds_alternative<TextPart>(part) && !std::holds_alternative<JsonPart>(part))
        return fail(RuntimeErrorCode::capability_missing, "this provider takes no media in messages of the assistant");
    }
    write_assistant(at, message, own);
    return {};
  }
  dropped_reasoning_ = false;
  ObjectWriter object(next());
  object.text("type", "message");
  object.text("role", message.role == Role::system ? "system" : "user");
  auto written = append_input_content(object.key("content"), message.parts);
  object.end();
  return written;
}

void InputList::write_assistant(std::size_t at, const MessageItem& message, bool own) {
  // A message that held text and a refusal became two items; they go back as one.
  const RefusalItem* refusal = nullptr;
  if (own && !message.echo.text.empty() && at + 1 < request_.items.size()) {
    refusal = std::get_if<RefusalItem>(&item(at + 1).value);
    if (refusal != nullptr && refusal->echo != message.echo) refusal = nullptr;
  }
  merged_refusal_ = refusal != nullptr;
  if (own && is_whole_item(message.echo)) return write_verbatim(message.echo);
  if (message.parts.empty() && !own && refusal == nullptr) return;
  ObjectWriter object(next());
  object.text("type", "message");
  object.text("role", "assistant");
  std::string& content = object.key("content");
  content += '[';
  append_output_text(content, message.parts);
  if (refusal != nullptr) append_refusal_part(content += ',', refusal->text);
  content += ']';
  write_echo(object, message.echo, own);
  object.end();
}

void InputList::write_refusal(const RefusalItem& refusal, bool own) {
  if (own && is_whole_item(refusal.echo)) return write_verbatim(refusal.echo);
  ObjectWriter object(next());
  object.text("type", "message");
  object.text("role", "assistant");
  std::string& content = object.key("content");
  content += '[';
  append_refusal_part(content, refusal.text);
  content += ']';
  write_echo(object, refusal.echo, own);
  object.end();
}

void InputList::write_reasoning(std::size_t at, const ReasoningItem& reasoning) {
  if (is_usable(at, reasoning)) {
    write_verbatim(reasoning.echo);
  } else {
    dropped_reasoning_ = true;
  }
}

bool InputList::is_usable(std::size_t at, const ReasoningItem& reasoning) const {
  if (reasoning.echo.text.empty()) return false;
  if (options_.stateless) {
    const std::string_view encrypted = slice_member(reasoning.echo.text, "encrypted_content");
    if (encrypted.size() < 3 || encrypted.front() != '"') return false;
  }
  // It must lead to something of the same answer.
  while (++at < request_.items.size()) {
    if (item(at).origin != kOrigin) return false;
    if (!std::holds_alternative<ReasoningItem>(item(at).value)) return is_from_assistant(item(at));
  }
  return false;
}

void InputList::write_call(std::size_t at, const ToolCallItem& call, bool own) {
  ObjectWriter object(next());
  object.text("type", call.custom ? "custom_tool_call" : "function_call");
  object.text("call_id", call.call_id);
  object.text("name", call.name);
  if (call.custom) {
    object.text("input", call.arguments);
  } else {
    object.text("arguments", call.arguments.empty() ? std::string_view("{}") : std::string_view(call.arguments));
  }
  write_echo(object, call.echo, own);
  object.end();
  if (is_answered(at, call.call_id)) {
    open_calls_.insert(call.call_id);
    return;
  }
  ObjectWriter output(next());
  output.text("type", call.custom ? "custom_tool_call_output" : "function_call_output");
  output.text("call_id", call.call_id);
  output.text("output", "The call was not carried out.");
  output.end();
}

// True where a result of this call comes before the same id is called again.
bool InputList::is_answered(std::size_t at, std::string_view call_id) const {
  while (++at < request_.items.size()) {
    const auto* again = std::get_if<ToolCallItem>(&item(at).value);
    if (again != nullptr && again->call_id == call_id) return false;
    const auto* result = std::get_if<ToolResultItem>(&item(at).value);
    if (result != nullptr && result->call_id == call_id) return true;
  }
  return false;
}

Result<void> InputList::write_result(const ToolResultItem& result) {
  dropped_reasoning_ = false;
  const auto open = open_calls_.find(result.call_id);
  if (open == open_calls_.end()) return {};
  open_calls_.erase(open);
  ObjectWriter object(next());
  object.text("type", result.custom ? "custom_tool_call_output" : "function_call_output");
  object.text("call_id", result.call_id);
  auto written = append_tool_output(object.key("output"), result.parts);
  object.end();
  return written;
}

// The provider's own fields of a message or a call.
void InputList::write_echo(ObjectWriter& object, const RawJson& echo, bool own) const {
  if (!own) return;
  JsonSlices members(echo.text);
  std::string_view name;
  std::string_view value;
  while (members.next(name, value)) {
    if (name == "id" && !sends_ids()) continue;
    object.raw(name, value);
  }
}

// A whole item as it came, its id only where ids are sent.
void InputList::write_verbatim(const RawJson& item) {
  std::string& out = next();
  if (sends_ids()) {
    out += item.text;
    return;
  }
  JsonSlices members(item.text);
  std::string_view name;
  std::string_view value;
  bool first = true;
  while (members.next(name, value)) {
    if (name == "id") continue;
    out += first ? "{\"" : ",\"";
    first = false;
    out += name;
    out += "\":";
    out += value;
  }
  out += first ? "{}" : "}";
}

}  // namespace

Result<void> append_input_items(std::string& out, const ProviderRequest& request, const InputOptions& options) {
  return InputList(out, request, options).write();
}

}  // namespace orchestrator::harness::codec::responses
