// SPDX-License-Identifier: Apache-2.0
#include "codec/chat_completions/chat_answer.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "codec/chat_completions/chat_usage.hpp"
#include "codec/json_document.hpp"
#include "codec/provider_failure.hpp"
#include "codec/service_tier.hpp"

namespace orchestrator::harness::codec {
namespace {

namespace json = boost::json;

// The error that a chunk or body carries, in any of the forms in use.
std::optional<Error> error_in(const json::object& chunk) {
  const auto* error = find_member(chunk, "error");
  if (error != nullptr) {
    if (const auto* text = error->if_string(); text != nullptr && !text->empty()) return map_stream_error(chunk);
    if (const auto* object = error->if_object(); object != nullptr && !object->empty())
      return map_stream_error(*object);
  }
  if (chunk.contains("choices")) return std::nullopt;
  const bool flat = string_or(chunk, "object") == "error" || string_or(chunk, "type") == "error" ||
                    find_member(chunk, "detail") != nullptr || find_string(chunk, "message").has_value();
  return flat ? std::optional(map_stream_error(chunk)) : std::nullopt;
}

// Members of a delta that are read elsewhere, or are no content.
bool is_known_member(std::string_view key) {
  static constexpr auto kKnown =
      std::to_array<std::string_view>({"role", "content", "refusal", "tool_calls", "function_call", "reasoning",
                                       "reasoning_content", "reasoning_details", "logprobs", "content_filter_results"});
  return std::ranges::find(kKnown, key) != kKnown.end();
}

// True for an object, or a list of objects, that is not empty.
bool is_content(const json::value& value) {
  if (const auto* object = value.if_object()) return !object->empty();
  const auto* list = value.if_array();
  return list != nullptr && !list->empty() && list->front().is_object();
}

bool is_text_detail(std::string_view type) { return type == "reasoning.text" || type == "reasoning.summary"; }

// Adds a piece of OpenRouter's `reasoning_details`: texts of one entry come in pieces, its signature with the last.
void merge_detail(json::array& details, const json::value& piece) {
  const auto* added = piece.if_object();
  auto* last = details.empty() ? nullptr : details.back().if_object();
  const auto same = [&](const char* key) {
    const auto* a = last->if_contains(key);
    const auto* b = added->if_contains(key);
    return a == nullptr || b == nullptr ? a == b : *a == *b;
  };
  if (added == nullptr || last == nullptr || !is_text_detail(string_or(*added, "type")) || !same("type") ||
      !same("index")) {
    details.push_back(piece);
    return;
  }
  for (const auto& member : *added) {
    const bool text = member.key() == "text" || member.key() == "summary";
    auto* before = last->if_contains(member.key());
    if (text && before != nullptr && before->is_string() && member.value().is_string()) {
      before->get_string() += member.value().get_string();
    } else if (before == nullptr || !member.value().is_null()) {
      (*last)[member.key()] = member.value();
    }
  }
}

// The one string of a delta that has an effect, where the rest of it and of its choice has none; else empty.
std::string_view plain_field_of(const json::object& choice, const json::object& delta) {
  if (find_member(choice, "finish_reason") != nullptr || find_member(choice, "error") != nullptr) return {};
  std::string_view field;
  for (const auto& member : delta) {
    const auto* text = member.value().if_string();
    if (member.value().is_null() || member.key() == "role" || (text != nullptr && text->empty())) continue;
    if (text == nullptr || !field.empty()) return {};
    for (const std::string_view known : {"content", "reasoning_content", "reasoning"}) {
      if (known == std::string_view(member.key().data(), member.key().size())) field = known;
    }
    if (field.empty()) return {};
  }
  return field;
}

// The text of Mistral's `thinking` part: a string, or a list of text parts.
std::string thinking_text(const json::object& part) {
  std::string text(string_or(part, "thinking"));
  if (const auto* list = find_array(part, "thinking")) {
    for (const auto& entry : *list) {
      if (const auto* object = entry.if_object()) text += string_or(*object, "text");
    }
  }
  return text;
}

}  // namespace

bool ChatAnswer::take(const json::object& chunk, ProviderParts& out) {
  ++chunk_;
  plain_field_ = {};
  if (response_id_.empty()) response_id_ = without_lone_surrogates(string_or(chunk, "id"));
  if (model_.empty()) model_ = without_lone_surrogates(string_or(chunk, "model"));
  take_usage(chunk, out);
  if (auto error = error_in(chunk)) {
    fail(std::move(*error), out);
    return true;
  }
  const auto* choices = find_array(chunk, "choices");
  if (choices == nullptr) return chunk.contains("choices") || usage_.has_value();
  for (const auto& entry : *choices) {
    const auto* choice = entry.if_object();
    if (choice == nullptr || uint_or(*choice, "index", 0) != 0) continue;  // of several candidates only the first
    take_choice(*choice, out);
    if (done_) return true;
  }
  const auto* only = choices->size() == 1 ? choices->front().if_object() : nullptr;
  const auto* delta = only == nullptr ? nullptr : find_object(*only, "delta");
  if (delta != nullptr && uint_or(*only, "index", 0) == 0) plain_field_ = plain_field_of(*only, *delta);
  end_chunk(out);
  return true;
}

void ChatAnswer::repeat(std::string_view field, std::string_view text, ProviderParts& out) {
  ++chunk_;
  if (field == "content") {
    add_text(text, out);
  } else {
    add_reasoning(text, field, out);
  }
  end_chunk(out);
}

void ChatAnswer::end_chunk(ProviderParts& out) {
  if (items_.all().size() > limits_.items) {
    fail(ProviderError{ProviderErrorCode::provider_response_too_large,
                       "the answer has more than " + std::to_string(limits_.items) + " items",
                       {}},
         out);
  } else if (kept_values_ > JsonDocument::kValuesMax) {
    fail(ProviderError{ProviderErrorCode::provider_response_too_large,
                       "the answer has more than " + std::to_string(JsonDocument::kValuesMax) +
                           " values of the provider's own",
                       {}},
         out);
  } else {
    items_.give_finished(response_id_, out);
  }
}

void ChatAnswer::take_usage(const json::object& chunk, ProviderParts& out) {
  // Some hosts name the tier in other chunks than the usage.
  if (const std::string_view tier = string_or(chunk, "service_tier"); !tier.empty()) service_tier_ = tier;
  auto usage = read_chat_usage(chunk);
  if (!usage) return;
  add_service_tier(*usage, service_tier_);
  if (usage == usage_) return;
  usage_ = usage;
  out.emplace_back(event::UsageSeen{*usage});
}

void ChatAnswer::take_choice(const json::object& choice, ProviderParts& out) {
  choice_seen_ = true;
  if (auto error = error_in(choice); error && choice.contains("error")) return fail(std::move(*error), out);
  const auto* delta = find_object(choice, "delta");
  // A body has `message`; some streams have both, where the message repeats what the deltas said.
  if (delta == nullptr && items_.all().empty()) delta = find_object(choice, "message");
  if (delta != nullptr) take_delta(*delta, out);
  const auto reason = string_or(choice, "finish_reason");
  if (!reason.empty()) native_reason_ = without_lone_surrogates(reason);
}

void ChatAnswer::take_delta(const json::object& delta, ProviderParts& out) {
  take_reasoning(delta, out);
  if (const auto* content = find_member(delta, "content")) take_content(*content, out);
  if (const auto refusal = string_or(delta, "refusal"); !refusal.empty()) {
    refused_ = true;
    items_.append(current_of<ChatRefusal>(out), refusal, out);
  }
  take_others(delta);
  take_tool_calls(delta, out);
}

void ChatAnswer::take_reasoning(const json::object& delta, ProviderParts& out) {
  std::string_view text;
  for (const std::string_view field : {"reasoning_content", "reasoning"}) {
    text = string_or(delta, field);
    if (text.empty()) continue;
    add_reasoning(text, field, out);
    break;  // where both are sent they are equal
  }
  if (const auto* details = find_array(delta, "reasoning_details")) take_details(*details, text.empty(), out);
}

void ChatAnswer::take_details(const json::array& details, bool with_text, ProviderParts& out) {
  for (const auto& detail : details) {
    const auto* object = detail.if_object();
    if (object == nullptr) continue;
    std::string_view text;
    if (with_text && is_text_detail(string_or(*object, "type"))) {
      text = string_or(*object, string_or(*object, "type") == "reasoning.text" ? "text" : "summary");
    }
    if (!text.empty()) add_reasoning(text, {}, out);
    // A signature belongs to the reasoning before it; opaque entries may come when the answer has begun.
    if (!reasoning_ || items_.is_given(*reasoning_)) reasoning_ = items_.open(ChatReasoning{});
    kept_values_ += count_values(detail);
    merge_detail(std::get<ChatReasoning>(items_.at(*reasoning_).form).details, detail);
  }
}

void ChatAnswer::take_content(const json::value& content, ProviderParts& out) {
  if (const auto* parts = content.if_array()) {
    for (const auto& part : *parts) take_content_part(part, out);
  } else {
    take_content_part(content, out);
  }
}

void ChatAnswer::take_content_part(const json::value& part, ProviderParts& out) {
  if (const auto* text = part.if_string()) return add_text(*text, out);
  const auto* object = part.if_object();
  if (object == nullptr) return;
  const auto type = string_or(*object, "type", "text");
  if (type == "text") {
    add_text(string_or(*object, "text"), out);
  } else if (type == "thinking") {
    add_reasoning(thinking_text(*object), "thinking", out);
  } else {
    add_other(type, part);
  }
}

void ChatAnswer::take_tool_calls(const json::object& delta, ProviderParts& out) {
  std::vector<ToolCallPiece> pieces;
  if (const auto* calls = find_array(delta, "tool_calls")) {
    for (const auto& call : *calls) {
      if (const auto* object = call.if_object()) pieces.push_back(read_tool_call_piece(*object));
    }
  } else if (const auto* call = find_object(delta, "tool_calls")) {
    pieces.push_back(read_tool_call_piece(*call));
  }
  if (const auto* old_form = find_object(delta, "function_call")) {
    pieces.push_back(read_tool_call_piece(json::object{{"function", *old_form}}));
  }
  for (const auto& piece : pieces) {
    const auto calls_before = calls_.positions().size();
    for (const auto& member : piece.extra) kept_values_ += count_values(member.value());
    if (const auto taken = calls_.take(piece, chunk_, items_, out); !taken) return fail(taken.error(), out);
    if (calls_.positions().size() > calls_before) close_current(out);
  }
}

void ChatAnswer::take_others(const json::object& delta) {
  for (const auto& member : delta) {
    const std::string_view key(member.key().data(), member.key().size());
    if (!is_known_member(key) && is_content(member.value())) add_other(key, member.value());
  }
}

void ChatAnswer::add_text(std::string_view text, ProviderParts& out) {
  if (text.empty()) return;
  if (!split_think_) return add_answer_text(text, out);
  think_.feed(text, think_pieces_);
  give_think_pieces(out);
}

void ChatAnswer::give_think_pieces(ProviderParts& out) {
  for (const auto& piece : std::exchange(think_pieces_, {})) {
    if (piece.reasoning) {
      add_reasoning(piece.text, {}, out);
    } else {
      add_answer_text(piece.text, out);
    }
  }
}

void ChatAnswer::add_answer_text(std::string_view text, ProviderParts& out) {
  items_.append(current_of<ChatText>(out), text, out);
}

void ChatAnswer::add_reasoning(std::string_view text, std::string_view field, ProviderParts& out) {
  if (text.empty()) return;
  const std::size_t position = current_of<ChatReasoning>(out);
  reasoning_ = position;
  auto& form = std::get<ChatReasoning>(items_.at(position).form);
  if (form.text_field.empty()) form.text_field = field;
  items_.append(position, text, out);
}

void ChatAnswer::add_other(std::string_view native_type, const json::value& value) {
  kept_values_ += count_values(value);
  auto known = others_.find(native_type);
  if (known == others_.end()) {
    const std::string name = without_lone_surrogates(native_type);
    const std::size_t position = items_.open(ChatOther{.native_type = name, .values = {}});
    known = others_.emplace(std::string(native_type), position).first;
  }
  auto& values = std::get<ChatOther>(items_.at(known->second).form).values;
  if (const auto* list = value.if_array()) {
    // One by one: the insertion of a range would leave the copies in the memory of the parsed chunk (Boost 1.81).
    for (const auto& entry : *list) values.push_back(entry);
  } else {
    values.push_back(value);
  }
}

// The position of the item of this form that is being written; ends the one of another form.
template <class Form>
std::size_t ChatAnswer::current_of(ProviderParts& out) {
  if (!current_ || !std::holds_alternative<Form>(items_.at(*current_).form)) {
    close_current(out);
    current_ = items_.open(Form{});
  }
  return *current_;
}

void ChatAnswer::close_current(ProviderParts& out) {
  if (current_) items_.close(*current_, out);
  current_.reset();
}

FinishReason ChatAnswer::normal_reason() const {
  if (native_reason_ == "stop") return refused_ ? FinishReason::refusal : FinishReason::stop;
  if (native_reason_ == "length") return FinishReason::length;
  if (native_reason_ == "content_filter") return FinishReason::content_filter;
  if (native_reason_ == "tool_calls" || native_reason_ == "function_call") return FinishReason::tool_calls;
  return FinishReason::other;
}

// Gives what was held back as the possible beginning of a tag.
void ChatAnswer::give_held_text(ProviderParts& out) {
  think_.finish(think_pieces_);
  give_think_pieces(out);
}

void ChatAnswer::finish(ProviderParts& out) {
  give_held_text(out);
  if (native_reason_ == "error") {
    return fail(ProviderError{ProviderErrorCode::provider_stream_error,
                              "the provider ended its answer with the finish reason \"error\" and no text",
                              {}},
                out);
  }
  if (!choice_seen_) {
    return fail(
        ProviderError{
            ProviderErrorCode::provider_empty_response, "the provider ended its answer without any choice in it", {}},
        out);
  }
  for (std::size_t i = 0; i < items_.all().size(); ++i) items_.close(i, out);
  items_.give_finished(response_id_, out);
  out.emplace_back(event::AnswerFinished{.reason = normal_reason(),
                                         .native_reason = native_reason_,
                                         .provider_model = model_,
                                         .provider_response_id = response_id_});
  done_ = true;
}

void ChatAnswer::fail(Error error, ProviderParts& out) {
  give_held_text(out);
  out.emplace_back(event::AnswerFailed{std::move(error)});
  done_ = true;
}

}  // namespace orchestrator::harness::codec
