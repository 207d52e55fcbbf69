// SPDX-License-Identifier: Apache-2.0
#include <map>
#include <set>
#include <utility>

#include "codec/testing/fixtures.hpp"

namespace orchestrator::harness::codec::testing {
namespace {

namespace json = boost::json;
using event::AnswerFailed;
using event::AnswerFinished;
using event::ItemDone;
using event::ProviderPart;
using event::ReasoningPiece;
using event::TextPiece;
using event::ToolArgumentsPiece;
using event::UsageSeen;

// What a run of parts amounts to.
struct Answer {
  std::string text;
  std::string reasoning;
  std::string refusal;
  std::vector<ToolCallItem> calls;
  std::vector<std::string> others;
  std::optional<Usage> usage;
  std::optional<AnswerFinished> finished;
  std::optional<Error> error;
};

void add_item(Answer& answer, const ConversationItem& item) {
  if (const auto* call = std::get_if<ToolCallItem>(&item.value)) answer.calls.push_back(*call);
  if (const auto* other = std::get_if<OtherItem>(&item.value)) answer.others.push_back(other->native_type);
  if (std::holds_alternative<MessageItem>(item.value)) answer.text += text_of(item);
  if (std::holds_alternative<ReasoningItem>(item.value)) answer.reasoning += text_of(item);
  if (std::holds_alternative<RefusalItem>(item.value)) answer.refusal += text_of(item);
}

// Values come from done items; pieces of items that were never done count as text.
Answer fold(const std::vector<ProviderPart>& parts) {
  Answer answer;
  std::set<std::string> done;
  for (const ProviderPart& part : parts) {
    if (const auto* item = std::get_if<ItemDone>(&part)) done.insert(item->item_id);
  }
  for (const ProviderPart& part : parts) {
    if (const auto* item = std::get_if<ItemDone>(&part)) add_item(answer, item->item);
    if (const auto* piece = std::get_if<TextPiece>(&part); piece != nullptr && !done.contains(piece->item_id))
      answer.text += piece->text;
    if (const auto* piece = std::get_if<ReasoningPiece>(&part); piece != nullptr && !done.contains(piece->item_id))
      answer.reasoning += piece->text;
    if (const auto* usage = std::get_if<UsageSeen>(&part)) answer.usage = usage->usage;
    if (const auto* finished = std::get_if<AnswerFinished>(&part)) answer.finished = *finished;
    if (const auto* failed = std::get_if<AnswerFailed>(&part)) answer.error = failed->error;
  }
  return answer;
}

class Comparison {
 public:
  explicit Comparison(const json::object& expected) : expected_(expected) {}

  void differ(const std::string& field, const std::string& wanted, const std::string& got) {
    out_ += field + ": expected " + wanted + ", got " + got + "\n";
  }
  // Absent and null in the meta file mean that there is nothing to compare.
  void text(const char* field, const std::string& got) {
    const json::value* wanted = expected_.if_contains(field);
    if (wanted == nullptr || !wanted->is_string()) return;
    if (std::string_view(wanted->get_string()) != got) differ(field, json::serialize(*wanted), quoted(got));
  }
  static std::string quoted(std::string_view text) { return json::serialize(json::value(json::string_view(text))); }
  const json::object& expected() const { return expected_; }
  std::string take() { return std::move(out_); }

 private:
  const json::object& expected_;
  std::string out_;
};

std::string describe_call(std::string_view id, std::string_view name, std::string_view arguments, bool custom) {
  return std::string(id) + " " + std::string(name) + "(" + std::string(arguments) + ")" + (custom ? " custom" : "");
}

std::string text_member(const json::object& object, const char* name) {
  const json::value* value = object.if_contains(name);
  return value != nullptr && value->is_string() ? std::string(value->get_string()) : std::string();
}

void compare_calls(Comparison& comparison, const Answer& answer) {
  const json::array& wanted = comparison.expected().at("tool_calls").as_array();
  if (wanted.size() != answer.calls.size()) {
    comparison.differ("tool_calls", std::to_string(wanted.size()) + " calls", std::to_string(answer.calls.size()));
    return;
  }
  for (std::size_t index = 0; index < wanted.size(); ++index) {
    const json::object& call = wanted[index].as_object();
    const ToolCallItem& got = answer.calls[index];
    const json::value* id = call.if_contains("id");
    const bool has_id = id != nullptr && id->is_string();  // else the decoder made one up
    const std::string want = describe_call(has_id ? text_member(call, "id") : got.call_id, text_member(call, "name"),
                                           text_member(call, "arguments"), text_member(call, "type") == "custom");
    const std::string have = describe_call(got.call_id, got.name, got.arguments, got.custom);
    if (want != have) comparison.differ("tool_calls[" + std::to_string(index) + "]", want, have);
  }
}

void compare_others(Comparison& comparison, const Answer& answer) {
  json::array got;
  for (const std::string& other : answer.others) got.push_back(json::string(other));
  const json::value& wanted = comparison.expected().at("other_items");
  if (wanted != json::value(got)) comparison.differ("other_items", json::serialize(wanted), json::serialize(got));
}

// A number that was not sent is unknown to the decoder and 0 in the meta file.
void compare_usage(Comparison& comparison, const Answer& answer) {
  const json::value& wanted = comparison.expected().at("usage");
  if (wanted.is_null()) {
    if (answer.usage) comparison.differ("usage", "none", "some");
    return;
  }
  if (!answer.usage) return comparison.differ("usage", json::serialize(wanted), "none");
  const std::pair<const char*, std::optional<std::uint64_t>> fields[] = {
      {"input", answer.usage->input},   {"cached_input", answer.usage->cached_input},
      {"output", answer.usage->output}, {"cache_write", answer.usage->cache_write},
      {"total", answer.usage->total},   {"reasoning", answer.usage->reasoning}};
  for (const auto& [name, got] : fields) {
    const json::value* value = wanted.as_object().if_contains(name);
    if (value == nullptr || value->is_null()) continue;
    const auto number = value->to_number<std::uint64_t>();
    if (number != got.value_or(0)) {
      comparison.differ(std::string("usage.") + name, std::to_string(number), got ? std::to_string(*got) : "unknown");
    }
  }
}

std::string word_of(FinishReason reason) {
  switch (reason) {
    case FinishReason::stop:
      return "stop";
    case FinishReason::length:
      return "length";
    case FinishReason::refusal:
      return "refusal";
    case FinishReason::content_filter:
      return "content_filter";
    case FinishReason::tool_calls:
      return "tool_calls";
    case FinishReason::tool_limit:
      return "tool_limit";
    case FinishReason::pause:
      return "pause";
    case FinishReason::matched:
      return "matched";
    case FinishReason::undone:
      return "undone";
    case FinishReason::other:
      return "other";
  }
  return "?";
}

void compare_end(Comparison& comparison, const Answer& answer) {
  const json::value& error = comparison.expected().at("error");
  const std::string reason = text_member(comparison.expected(), "finish_reason");
  if (error.is_object()) {
    if (!answer.error) return comparison.differ("error", json::serialize(error), "none");
    // The provider's own code stays in the cause chain, else its type, else its message.
    std::string wanted;
    for (const char* name : {"code", "type", "message"}) {
      const json::value* value = error.as_object().if_contains(name);
      if (!wanted.empty() || value == nullptr || value->is_null()) continue;
      wanted = value->is_string() ? std::string(value->get_string()) : json::serialize(*value);
    }
    std::string got = answer.error->code + " " + answer.error->message;
    for (const ErrorCause& cause : answer.error->cause) got += " " + cause.code + " " + cause.message;
    if (got.find(wanted) == std::string::npos) comparison.differ("error", wanted, got);
    return;
  }
  if (reason.empty()) {
    if (!answer.error) comparison.differ("finish_reason", "none: the stream was cut", "no error");
    return;
  }
  if (answer.error) return comparison.differ("error", "none", answer.error->code + ": " + answer.error->message);
  if (!answer.finished) return comparison.differ("finish_reason", reason, "none");
  comparison.text("finish_reason", word_of(answer.finished->reason));
  comparison.text("native_finish_reason", answer.finished->native_reason);
  comparison.text("model", answer.finished->provider_model);
  comparison.text("response_id", answer.finished->provider_response_id);
}

}  // namespace

std::string compare_expected(const std::vector<ProviderPart>& parts, const json::object& expected) {
  const Answer answer = fold(parts);
  Comparison comparison(expected);
  comparison.text("text", answer.text);
  comparison.text("reasoning", answer.reasoning);
  comparison.text("refusal", answer.refusal);
  compare_calls(comparison, answer);
  compare_others(comparison, answer);
  compare_usage(comparison, answer);
  compare_end(comparison, answer);
  return comparison.take();
}

std::string check_part_rules(const std::vector<ProviderPart>& parts) {
  std::string out;
  std::map<std::string, std::string> pieces;
  std::set<std::string> done;
  const auto add = [&](const std::string& item_id, const std::string& text) {
    if (done.contains(item_id)) out += "piece after the end of item " + item_id + "\n";
    if (text.empty()) out += "empty piece of item " + item_id + "\n";
    pieces[item_id] += text;
  };
  for (std::size_t index = 0; index < parts.size(); ++index) {
    const ProviderPart& part = parts[index];
    if (const auto* text = std::get_if<TextPiece>(&part)) add(text->item_id, text->text);
    if (const auto* reasoning = std::get_if<ReasoningPiece>(&part)) add(reasoning->item_id, reasoning->text);
    if (const auto* arguments = std::get_if<ToolArgumentsPiece>(&part)) add(arguments->item_id, arguments->text);
    const bool is_end = std::holds_alternative<AnswerFinished>(part) || std::holds_alternative<AnswerFailed>(part);
    if (is_end != (index + 1 == parts.size())) out += "part " + std::to_string(index) + " breaks: one end, last\n";
    const auto* item = std::get_if<ItemDone>(&part);
    if (item == nullptr) continue;
    if (!done.insert(item->item_id).second) out += "item " + item->item_id + " done twice\n";
    const auto* call = std::get_if<ToolCallItem>(&item->item.value);
    const std::string value = call != nullptr ? call->arguments : text_of(item->item);
    if (pieces[item->item_id] != value) {
      out += "item " + item->item_id + ": pieces " + Comparison::quoted(pieces[item->item_id]) + ", value " +
             Comparison::quoted(value) + "\n";
    }
  }
  if (parts.empty()) out += "no parts\n";
  return out;
}

std::string describe(const ProviderPart& part) {
  if (const auto* text = std::get_if<TextPiece>(&part)) return "text " + text->item_id + " " + text->text;
  if (const auto* piece = std::get_if<ReasoningPiece>(&part)) return "reasoning " + piece->item_id + " " + piece->text;
  if (const auto* piece = std::get_if<ToolArgumentsPiece>(&part))
    return "arguments " + piece->item_id + " " + piece->text;
  if (const auto* item = std::get_if<ItemDone>(&part))
    return "done " + item->item_id + " #" + std::to_string(item->item.value.index()) + " " + text_of(item->item);
  if (const auto* usage = std::get_if<UsageSeen>(&part))
    return "usage " + std::to_string(usage->usage.total.value_or(0)) + (usage->usage.invalid ? " invalid" : "");
  if (const auto* finished = std::get_if<AnswerFinished>(&part))
    return "finished " + word_of(finished->reason) + " " + finished->native_reason;
  const Error& error = std::get<AnswerFailed>(part).error;
  return "failed " + error.code + ": " + error.message;
}

}  // namespace orchestrator::harness::codec::testing
