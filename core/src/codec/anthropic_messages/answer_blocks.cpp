// SPDX-License-Identifier: Apache-2.0
#include "codec/anthropic_messages/answer_blocks.hpp"

#include <algorithm>
#include <initializer_list>
#include <utility>

#include "codec/chat_completions/chat_items.hpp"
#include "codec/json_document.hpp"
#include "codec/json_slice.hpp"
#include "codec/object_writer.hpp"

namespace orchestrator::harness::codec::messages {
namespace {

namespace json = boost::json;

constexpr std::uint64_t kCitationsMax = 10'000;

// The members of an object but some; empty where nothing is left.
std::string without(std::string_view object, std::initializer_list<std::string_view> dropped) {
  JsonSlices members(object);
  std::string out;
  std::string_view name;
  std::string_view value;
  while (members.next(name, value)) {
    if (value == "null" || std::ranges::find(dropped, name) != dropped.end()) continue;
    out.append(out.empty() ? "{\"" : ",\"").append(name).append("\":").append(value);
  }
  return out.empty() ? out : out + "}";
}

// The block with one member in place of what it began with.
std::string with(std::string_view object, std::string_view member, std::string_view value) {
  std::string out = without(object, {member});
  if (out.empty()) out = "{";
  if (out.back() == '}') out.back() = ',';
  return out.append("\"").append(member).append("\":").append(value).append("}");
}

std::string quoted(std::string_view text) {
  std::string out;
  event::append_json_string(out, text);
  return out;
}

bool is_object(std::string_view text) { return JsonDocument().parse_object(text).has_value(); }

}  // namespace

Result<void> AnswerBlocks::start(std::uint64_t index, const json::object& block, std::string_view raw, PieceSink& out) {
  stop(index, out);
  if (started_ >= limits_.items) {
    return fail(ProviderErrorCode::provider_response_too_large,
                "the answer has more than " + std::to_string(limits_.items) + " content blocks");
  }
  Block begun;
  begun.item_id = "item_" + std::to_string(started_++);
  const std::string type = without_lone_surrogates(string_or(block, "type"));
  std::string_view first;
  if (type == "text") {
    begun.kind = Kind::text;
    first = string_or(block, "text");
    if (const json::array* citations = find_array(block, "citations"); citations != nullptr && !citations->empty()) {
      const std::string_view list = slice_member(raw, "citations");
      begun.citations = list.size() > 2 ? list.substr(1, list.size() - 2) : std::string_view();
    }
  } else if (type == "thinking") {
    begun.kind = Kind::thinking;
    first = string_or(block, "thinking");
    begun.signature = string_or(block, "signature");
  } else if (type == "tool_use") {
    begun.kind = Kind::call;
    begun.call_id = without_lone_surrogates(string_or(block, "id"));
    begun.name = without_lone_surrogates(string_or(block, "name"));
    if (++calls_ > limits_.tool_calls) {
      return fail(ToolErrorCode::too_many_tool_calls,
                  "the answer has more than " + std::to_string(limits_.tool_calls) + " tool calls");
    }
  }
  begun.start = raw;
  Block& kept = open_.emplace(index, std::move(begun)).first->second;
  if (!first.empty()) append(kept, first, out);
  return {};
}

Result<bool> AnswerBlocks::add(std::uint64_t index, const json::object& delta, std::string_view raw, PieceSink& out) {
  const auto found = open_.find(index);
  if (found == open_.end()) return false;
  Block& block = found->second;
  const std::string_view type = string_or(delta, "type");
  if (type == "text_delta" && block.kind == Kind::text) {
    append(block, string_or(delta, "text"), out);
  } else if (type == "thinking_delta" && block.kind == Kind::thinking) {
    append(block, string_or(delta, "thinking"), out);
  } else if (type == "signature_delta" && block.kind == Kind::thinking) {
    block.signature += string_or(delta, "signature");
  } else if (type == "input_json_delta" && (block.kind == Kind::call || block.kind == Kind::other)) {
    append(block, string_or(delta, "partial_json"), out);
  } else if (type == "citations_delta" && block.kind == Kind::text) {
    if (++citations_ > kCitationsMax) {
      return fail(ProviderErrorCode::provider_response_too_large, "the answer has more than 10000 citations");
    }
    if (const std::string_view citation = slice_member(raw, "citation"); !citation.empty()) {
      block.citations.append(block.citations.empty() ? "" : ",").append(citation);
    }
  } else if (type == "compaction_delta" && block.kind == Kind::other) {
    block.content += without_lone_surrogates(string_or(delta, "content"));
  } else {
    return false;
  }
  return true;
}

void AnswerBlocks::append(Block& block, std::string_view text, PieceSink& out) {
  const std::string_view joined = block.joiner.join(text, scratch_);
  if (joined.empty()) return;
  block.text += joined;
  give_piece(block, joined, out);
}

void AnswerBlocks::give_piece(const Block& block, std::string_view text, PieceSink& out) {
  switch (block.kind) {
    case Kind::text:
      return out.piece<event::TextPiece>(block.item_id, text);
    case Kind::thinking:
      return out.piece<event::ReasoningPiece>(block.item_id, text);
    case Kind::call:
      return out.piece<event::ToolArgumentsPiece>(block.item_id, text);
    case Kind::other:
      return;  // whole, as it ends
  }
}

void AnswerBlocks::stop(std::uint64_t index, PieceSink& out) {
  const auto found = open_.find(index);
  if (found == open_.end()) return;
  Block& block = found->second;
  const std::string rest(block.joiner.finish());
  block.text += rest;
  give_piece(block, rest, out);
  if (block.kind == Kind::call && block.text.empty()) {
    // A tool without arguments has no pieces, and `{}` from the start; hosts that send no pieces have all of it there.
    const std::string_view input = slice_member(block.start, "input");
    block.text = input.starts_with('{') ? std::string(input) : "{}";
    give_piece(block, block.text, out);
  }
  out.part(event::ItemDone{block.item_id, whole_item(block)});
  open_.erase(found);
}

void AnswerBlocks::stop_all(PieceSink& out) {
  while (!open_.empty()) stop(open_.begin()->first, out);
}

ConversationItem AnswerBlocks::whole_item(Block& block) {
  ConversationItem item;
  item.origin = kOrigin;
  switch (block.kind) {
    case Kind::text: {
      MessageItem message{Role::assistant, {TextPart{std::move(block.text)}}, {}};
      if (!block.citations.empty()) message.echo.text = "{\"citations\":[" + block.citations + "]}";
      item.value = std::move(message);
      break;
    }
    case Kind::thinking: {
      ReasoningItem reasoning{std::move(block.text), {}};
      if (!block.signature.empty())
        reasoning.echo.text = "{\"signature\":" + quoted(without_lone_surrogates(block.signature)) + "}";
      item.value = std::move(reasoning);
      break;
    }
    case Kind::call:
      item.value = ToolCallItem{std::move(block.call_id), std::move(block.name), std::move(block.text), false,
                                RawJson{without(block.start, {"type", "id", "name", "input"})}};
      break;
    case Kind::other: {
      std::string whole = std::move(block.start);
      if (!block.text.empty() && is_object(block.text)) whole = with(whole, "input", block.text);
      if (!block.content.empty()) whole = with(whole, "content", quoted(block.content));
      const std::string type = std::string(slice_member(whole, "type"));
      const bool is_text = type.size() > 2 && type.front() == '"';
      item.value = OtherItem{is_text ? type.substr(1, type.size() - 2) : std::string("unknown"), RawJson{whole}};
      break;
    }
  }
  return item;
}

}  // namespace orchestrator::harness::codec::messages
