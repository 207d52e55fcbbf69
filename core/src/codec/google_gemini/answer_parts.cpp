// SPDX-License-Identifier: Apache-2.0
#include "codec/google_gemini/answer_parts.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "codec/chat_completions/chat_items.hpp"
#include "codec/json_document.hpp"
#include "codec/json_slice.hpp"
#include "codec/object_writer.hpp"

namespace orchestrator::harness::codec::gemini {
namespace {

namespace json = boost::json;

constexpr std::size_t kMetadataMax = 32;

// Differs between answers, so that ids made here do not meet in two turns; FNV-1a.
std::string fingerprint(std::string_view text) {
  std::uint64_t hash = 14'695'981'039'346'656'037ULL;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 1'099'511'628'211ULL;
  static constexpr std::string_view kHex = "0123456789abcdef";
  std::string out;
  for (int shift = 60; shift >= 0; shift -= 4) out += kHex[(hash >> shift) & 15U];
  return out;
}

// A signature as JSON text; empty where there is none.
std::string_view signature_in(std::string_view raw_part) {
  const std::string_view signature = slice_member(raw_part, "thoughtSignature");
  return signature.size() > 2 && signature.front() == '"' ? signature : std::string_view();
}

RawJson signed_echo(std::string_view signature) {
  if (signature.empty()) return {};
  return RawJson{"{\"thoughtSignature\":" + std::string(signature) + "}"};
}

// What a part is, where it has no common form: the name of its first member that says so.
std::string kind_of(const json::object& part) {
  for (const auto& member : part) {
    const std::string_view name(member.key().data(), member.key().size());
    if (name != "thought" && name != "thoughtSignature") return without_lone_surrogates(name);
  }
  return "unknown";
}

}  // namespace

Result<std::string> AnswerParts::next_item() {
  if (items_ >= limits_.items) {
    return fail(ProviderErrorCode::provider_response_too_large,
                "the answer has more than " + std::to_string(limits_.items) + " items");
  }
  return "item_" + std::to_string(items_++);
}

Result<void> AnswerParts::take(const json::object& part, std::string_view raw, std::string_view response_id,
                               PieceSink& out) {
  if (find_string(part, "text")) return take_text(part, raw, out);
  end_text({}, out);
  if (find_object(part, "functionCall") != nullptr) return take_call(part, raw, response_id, out);
  if (part.empty()) return {};
  auto item_id = next_item();
  if (!item_id) return std::unexpected(item_id.error());
  out.part(event::ItemDone{*std::move(item_id),
                           {OtherItem{kind_of(part), RawJson{std::string(raw)}}, std::string(kOrigin)}});
  return {};
}

Result<void> AnswerParts::take_text(const json::object& part, std::string_view raw, PieceSink& out) {
  const std::string_view text = string_or(part, "text");
  const bool is_thought = bool_or(part, "thought", false);
  const std::string_view signature = signature_in(raw);
  if (text.empty() && signature.empty()) return {};
  if (text_ && (text_->is_thought != is_thought || !signature.empty())) end_text({}, out);
  if (!text_) {
    auto item_id = next_item();
    if (!item_id) return std::unexpected(item_id.error());
    text_ = Text{*std::move(item_id), {}, is_thought};
  }
  append(text, out);
  if (!signature.empty()) end_text(signature, out);
  return {};
}

void AnswerParts::append(std::string_view text, PieceSink& out) {
  const std::string_view joined = text_->joiner.join(text, scratch_);
  if (joined.empty()) return;
  text_->text += joined;
  give_piece(joined, out);
}

void AnswerParts::give_piece(std::string_view text, PieceSink& out) {
  if (text_->is_thought) {
    out.piece<event::ReasoningPiece>(text_->item_id, text);
  } else {
    out.piece<event::TextPiece>(text_->item_id, text);
  }
}

void AnswerParts::end_text(std::string_view signature, PieceSink& out) {
  if (!text_) return;
  const std::string rest(text_->joiner.finish());
  text_->text += rest;
  give_piece(rest, out);
  ConversationItem item;
  item.origin = kOrigin;
  if (text_->is_thought) {
    item.value = ReasoningItem{std::move(text_->text), signed_echo(signature)};
  } else {
    item.value = MessageItem{Role::assistant, {TextPart{std::move(text_->text)}}, signed_echo(signature)};
  }
  out.part(event::ItemDone{std::move(text_->item_id), std::move(item)});
  text_.reset();
}

Result<void> AnswerParts::take_call(const json::object& part, std::string_view raw, std::string_view response_id,
                                    PieceSink& out) {
  const json::object& sent = *find_object(part, "functionCall");
  const bool goes_on = bool_or(sent, "willContinue", false);
  const json::array* pieces = find_array(sent, "partialArgs");
  const std::string_view name = string_or(sent, "name");
  if (call_ && !name.empty()) {  // another one begins
    const Call whole = std::move(*call_);
    call_.reset();
    if (auto given = give_call(whole, whole.arguments.json(), response_id, out); !given) return given;
  }
  if (call_ || goes_on || pieces != nullptr) {
    if (!call_) {
      call_.emplace();
      call_->name = without_lone_surrogates(name);
      call_->id = without_lone_surrogates(string_or(sent, "id"));
      call_->signature = signature_in(raw);
    }
    if (pieces != nullptr) {
      for (const json::value& piece : *pieces) {
        const json::object* entry = piece.if_object();
        if (entry == nullptr) continue;
        if (auto taken = call_->arguments.take(*entry); !taken) return taken;
      }
    }
    if (goes_on) return {};
    const Call whole = std::move(*call_);
    call_.reset();
    return give_call(whole, whole.arguments.json(), response_id, out);
  }
  Call call;
  call.name = without_lone_surrogates(name);
  call.id = without_lone_surrogates(string_or(sent, "id"));
  call.signature = signature_in(raw);
  const std::string_view args = slice_member(slice_member(raw, "functionCall"), "args");
  return give_call(call, args.starts_with('{') ? without_lone_surrogates(args) : "{}", response_id, out);
}

Result<void> AnswerParts::give_call(const Call& call, std::string arguments, std::string_view response_id,
                                    PieceSink& out) {
  if (++calls_ > limits_.tool_calls) {
    return fail(ToolErrorCode::too_many_tool_calls,
                "the answer has more than " + std::to_string(limits_.tool_calls) + " tool calls");
  }
  auto item_id = next_item();
  if (!item_id) return std::unexpected(item_id.error());
  ToolCallItem item{call.id, call.name, std::move(arguments), false, {}};
  ObjectWriter echo(item.echo.text);
  if (!call.id.empty()) {
    echo.text("id", call.id);
  } else {
    item.call_id = "call_" + fingerprint(response_id) + "_" + *item_id;  // kept here, and never sent
  }
  if (!call.signature.empty()) echo.raw("thoughtSignature", call.signature);
  echo.end();
  out.piece<event::ToolArgumentsPiece>(*item_id, item.arguments);
  out.part(event::ItemDone{*std::move(item_id), {std::move(item), std::string(kOrigin)}});
  return {};
}

void AnswerParts::take_metadata(std::string_view name, std::string_view raw) {
  if (raw.empty() || raw == "{}" || raw == "null") return;
  const auto known = metadata_.find(name);
  if (known != metadata_.end()) {
    known->second = raw;
  } else if (metadata_.size() < kMetadataMax) {
    metadata_.emplace(name, raw);
    metadata_order_.emplace_back(name);
  }
}

Result<void> AnswerParts::finish(std::string_view response_id, PieceSink& out) {
  end_text({}, out);
  if (call_) {
    const Call whole = std::move(*call_);
    call_.reset();
    if (auto given = give_call(whole, whole.arguments.json(), response_id, out); !given) return given;
  }
  for (const std::string& name : metadata_order_) {
    const auto item_id = next_item();
    if (!item_id) return std::unexpected(item_id.error());
    out.part(event::ItemDone{*item_id, {OtherItem{name, RawJson{metadata_[name]}}, std::string(kOrigin)}});
  }
  return {};
}

}  // namespace orchestrator::harness::codec::gemini
