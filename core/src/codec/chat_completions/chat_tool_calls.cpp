// SPDX-License-Identifier: Apache-2.0
#include "codec/chat_completions/chat_tool_calls.hpp"

#include <algorithm>
#include <ranges>
#include <utility>

#include <boost/json/serialize.hpp>

#include "codec/json_document.hpp"

namespace orchestrator::harness::codec {
namespace {

namespace json = boost::json;

std::string id_text(const json::object& object) {
  const auto* id = find_member(object, "id");
  if (id == nullptr) return {};
  if (const auto* text = id->if_string()) return without_lone_surrogates(*text);
  return id->is_int64() || id->is_uint64() ? json::serialize(*id) : std::string();
}

// Arguments as the text that the model wrote; hosts that parse them are undone.
std::string arguments_text(const json::object& function, std::string_view name) {
  const auto* value = find_member(function, name);
  if (value == nullptr) return {};
  if (const auto* text = value->if_string()) return std::string(*text);
  return json::serialize(*value);
}

ChatCall& call_at(ChatItems& items, std::size_t position) { return std::get<ChatCall>(items.at(position).form); }

bool is_complete_json(std::string_view text) {
  JsonDocument document;
  return document.parse_object(text).has_value();
}

}  // namespace

ToolCallPiece read_tool_call_piece(const json::object& object) {
  ToolCallPiece piece;
  if (const auto* index = find_member(object, "index"); index != nullptr && index->is_int64()) {
    piece.index = index->get_int64();
  }
  piece.id = id_text(object);
  const auto* custom = find_object(object, "custom");
  const auto* function = find_object(object, "function");
  piece.custom = custom != nullptr || string_or(object, "type") == "custom";
  if (custom != nullptr) {
    piece.name = without_lone_surrogates(string_or(*custom, "name"));
    piece.arguments = arguments_text(*custom, "input");
  } else if (function != nullptr) {
    piece.name = without_lone_surrogates(string_or(*function, "name"));
    piece.arguments = arguments_text(*function, "arguments");
  }
  for (const auto& member : object) {
    const std::string_view key(member.key().data(), member.key().size());
    const bool known = key == "index" || key == "id" || key == "type" || key == "function" || key == "custom";
    if (!known && !member.value().is_null()) piece.extra[member.key()] = member.value();
  }
  return piece;
}

std::optional<std::size_t> ChatToolCalls::find_by_id(std::string_view id, ChatItems& items) const {
  for (const std::size_t position : std::views::reverse(positions_)) {
    if (call_at(items, position).native_id == id) return position;
  }
  return std::nullopt;
}

std::optional<std::size_t> ChatToolCalls::find_by_index(const ToolCallPiece& piece, ChatItems& items) const {
  const auto known = std::ranges::find_if(std::views::reverse(positions_), [&](std::size_t position) {
    return call_at(items, position).index == piece.index;
  });
  if (known == positions_.rend()) {
    return piece.name.empty() && !piece.id.empty() ? find_by_id(piece.id, items) : std::nullopt;
  }
  const ChatCall& call = call_at(items, *known);
  if (piece.id.empty()) {
    // A second whole call under the index of the first, from hosts that always send the same.
    const bool another = !piece.name.empty() && !piece.arguments.empty() && is_complete_json(items.at(*known).text);
    return another ? std::nullopt : std::optional(*known);
  }
  if (call.native_id.empty() || call.native_id == piece.id) return *known;
  return find_by_id(piece.id, items);
}

std::optional<std::size_t> ChatToolCalls::find(const ToolCallPiece& piece, std::uint64_t chunk,
                                               ChatItems& items) const {
  if (piece.index) return find_by_index(piece, items);
  if (positions_.empty()) return std::nullopt;
  const auto position = piece.id.empty() ? std::optional(positions_.back()) : find_by_id(piece.id, items);
  if (!position || piece.name.empty()) return position;
  // Two named pieces in one chunk are two calls, and so is one that comes after complete arguments without any key.
  const bool another =
      call_at(items, *position).chunk == chunk || (piece.id.empty() && is_complete_json(items.at(*position).text));
  return another ? std::nullopt : position;
}

Result<void> ChatToolCalls::take(const ToolCallPiece& piece, std::uint64_t chunk, ChatItems& items,
                                 ProviderParts& out) {
  auto position = find(piece, chunk, items);
  if (!position) {
    if (piece.id.empty() && piece.name.empty()) {
      const std::string key = piece.index ? "index " + std::to_string(*piece.index) : "no index, id or name";
      return fail(ProviderErrorCode::provider_bad_tool_delta,
                  "the provider sent a piece of a tool call that never began (" + key + ")");
    }
    if (positions_.size() >= calls_max_) {
      return fail(ToolErrorCode::too_many_tool_calls,
                  "the model asked for more than " + std::to_string(calls_max_) + " tool calls in one answer");
    }
    position = items.open(ChatCall{});
    positions_.push_back(*position);
  }
  ChatCall& call = call_at(items, *position);
  if (piece.index) call.index = piece.index;
  if (call.native_id.empty()) call.native_id = piece.id;
  if (call.name.empty()) call.name = piece.name;
  call.custom = call.custom || piece.custom;
  call.chunk = chunk;
  for (const auto& member : piece.extra) call.extra[member.key()] = member.value();
  items.append(*position, piece.arguments, out);
  return {};
}

}  // namespace orchestrator::harness::codec
