// SPDX-License-Identifier: Apache-2.0
#include "codec/chat_completions/chat_items.hpp"

#include <algorithm>
#include <utility>

#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>

namespace orchestrator::harness::codec {
namespace {

namespace json = boost::json;

constexpr std::string_view kOrigin = "chat";

RawJson raw_json(const json::value& value) { return RawJson{without_lone_surrogates(json::serialize(value))}; }

// Differs between answers, so that local ids of two turns do not meet; FNV-1a.
std::string fingerprint(std::string_view text) {
  std::uint64_t hash = 14'695'981'039'346'656'037ULL;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 1'099'511'628'211ULL;
  static constexpr std::string_view kHex = "0123456789abcdef";
  std::string out;
  for (int shift = 60; shift >= 0; shift -= 4) out += kHex[(hash >> shift) & 15U];
  return out;
}

RawJson reasoning_echo(const ChatReasoning& reasoning) {
  json::object echo;
  if (!reasoning.text_field.empty()) echo["text_field"] = reasoning.text_field;
  if (!reasoning.details.empty()) echo["reasoning_details"] = reasoning.details;
  return echo.empty() ? RawJson{} : raw_json(echo);
}

}  // namespace

std::string without_lone_surrogates(std::string_view text) {
  SurrogateJoiner joiner;
  std::string scratch;
  std::string out(joiner.join(text, scratch));
  out += joiner.finish();
  return out;
}

std::size_t ChatItems::open(decltype(ChatItem::form) form) {
  const std::size_t position = items_.size();
  items_.push_back(ChatItem{.item_id = "item_" + std::to_string(position), .text = {}, .form = std::move(form)});
  return position;
}

void ChatItems::give_piece(const ChatItem& item, std::string_view text, ProviderParts& out) const {
  if (std::holds_alternative<ChatReasoning>(item.form)) {
    out.emplace_back(event::ReasoningPiece{item.item_id, std::string(text)});
  } else if (std::holds_alternative<ChatCall>(item.form)) {
    out.emplace_back(event::ToolArgumentsPiece{item.item_id, std::string(text)});
  } else {
    out.emplace_back(event::TextPiece{item.item_id, std::string(text)});
  }
}

void ChatItems::append(std::size_t position, std::string_view text, ProviderParts& out) {
  ChatItem& item = items_[position];
  const std::string_view joined = item.joiner.join(text, scratch_);
  if (joined.empty()) return;
  item.text += joined;
  give_piece(item, joined, out);
}

void ChatItems::close(std::size_t position, ProviderParts& out) {
  ChatItem& item = items_[position];
  if (item.closed) return;
  item.closed = true;
  const std::string_view rest = item.joiner.finish();
  if (rest.empty()) return;
  item.text += rest;
  give_piece(item, rest, out);
}

void ChatItems::give_finished(std::string_view response_id, ProviderParts& out) {
  while (given_ < items_.size() && items_[given_].closed) {
    out.emplace_back(event::ItemDone{items_[given_].item_id, whole_item(given_, response_id)});
    ++given_;
  }
}

ToolCallItem ChatItems::whole_call(std::size_t position, std::string_view response_id) const {
  const ChatItem& item = items_[position];
  const auto& call = std::get<ChatCall>(item.form);
  ToolCallItem out{
      .call_id = call.native_id, .name = call.name, .arguments = item.text, .custom = call.custom, .echo = {}};
  json::object echo = call.extra;
  const auto same_id = [&](std::string_view id, std::size_t stop) {
    return std::any_of(items_.begin(), items_.begin() + static_cast<std::ptrdiff_t>(stop), [&](const ChatItem& other) {
      const auto* earlier = std::get_if<ChatCall>(&other.form);
      return earlier != nullptr && earlier->native_id == id;
    });
  };
  const bool taken = same_id(call.native_id, position);
  if (call.native_id.empty() || taken) {
    if (taken && !call.native_id.empty()) echo["id"] = call.native_id;
    out.call_id = "call_" + fingerprint(response_id) + "_" + std::to_string(position);
    while (same_id(out.call_id, items_.size())) out.call_id += "x";
  }
  if (!echo.empty()) out.echo = raw_json(echo);
  return out;
}

ConversationItem ChatItems::whole_item(std::size_t position, std::string_view response_id) const {
  const ChatItem& item = items_[position];
  ConversationItem out{.value = MessageItem{.role = Role::assistant, .parts = {TextPart{item.text}}, .echo = {}},
                       .origin = std::string(kOrigin)};
  if (std::holds_alternative<ChatRefusal>(item.form)) {
    out.value = RefusalItem{.text = item.text, .echo = {}};
  } else if (const auto* reasoning = std::get_if<ChatReasoning>(&item.form)) {
    out.value = ReasoningItem{.text = item.text, .echo = reasoning_echo(*reasoning)};
  } else if (std::holds_alternative<ChatCall>(item.form)) {
    out.value = whole_call(position, response_id);
  } else if (const auto* other = std::get_if<ChatOther>(&item.form)) {
    out.value = OtherItem{.native_type = other->native_type, .echo = raw_json(other->values)};
  }
  return out;
}

}  // namespace orchestrator::harness::codec
