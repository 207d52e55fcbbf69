// SPDX-License-Identifier: Apache-2.0
#include "codec/openai_responses/output_item.hpp"

#include <utility>

#include "codec/json_document.hpp"
#include "codec/json_slice.hpp"
#include "codec/openai_responses/item_echo.hpp"

namespace orchestrator::harness::codec::responses {
namespace {

namespace json = boost::json;

// The texts of the parts `type` in a list of content parts, one after the other.
std::string text_of_parts(const json::array* list, std::string_view type, std::string_view member) {
  std::string text;
  if (list == nullptr) return text;
  for (const json::value& part : *list) {
    const json::object* object = part.if_object();
    if (object != nullptr && string_or(*object, "type") == type) text += string_or(*object, member);
  }
  return text;
}

}  // namespace

ItemKind kind_of_type(std::string_view type) {
  if (type == "message") return ItemKind::message;
  if (type == "reasoning") return ItemKind::reasoning;
  if (type == "function_call" || type == "custom_tool_call") return ItemKind::call;
  return ItemKind::other;
}

ItemKind kind_with(PartKind part) {
  switch (part) {
    case PartKind::text:
    case PartKind::refusal:
      return ItemKind::message;
    case PartKind::summary:
    case PartKind::reasoning:
      return ItemKind::reasoning;
    case PartKind::arguments:
      return ItemKind::call;
  }
  return ItemKind::unknown;
}

OutputItem::OutputItem(std::size_t position)
    : position_(position), item_id_("out_" + std::to_string(position)), refusal_id_(item_id_ + "_refusal") {
  open_.fill(kNone);
}

void OutputItem::announce(const json::object& item, std::string_view raw) {
  describe(item);
  announced_raw_ = raw;
}

void OutputItem::describe(const json::object& item) {
  described_ = true;
  const auto take = [&item](const char* name, std::string& field) {
    const std::string_view text = string_or(item, name);
    if (!text.empty()) field = text;
  };
  take("id", native_id_);
  take("call_id", call_id_);
  take("name", name_);
  take("type", native_type_);
  // An unknown type with parts of a known kind is what its parts say.
  const ItemKind named = kind_of_type(native_type_);
  if (kind_ == ItemKind::unknown || named != ItemKind::other) kind_ = named;
  custom_ = native_type_ == "custom_tool_call";
}

bool OutputItem::takes(PartKind part) const {
  return kind_ == kind_with(part) || kind_ == ItemKind::unknown || (kind_ == ItemKind::other && parts_.empty());
}

OutputItem::Lane OutputItem::lane_of(PartKind kind) {
  switch (kind) {
    case PartKind::text:
      return kText;
    case PartKind::refusal:
      return kRefusal;
    case PartKind::summary:
    case PartKind::reasoning:
      return kReasoning;
    case PartKind::arguments:
      return kArguments;
  }
  return kText;
}

OutputItem::Part* OutputItem::find_or_add(PartKind kind, std::uint64_t index) {
  const auto matches = [&](const Part& part) { return part.kind == kind && part.index == index; };
  if (last_part_ != kNone && matches(parts_[last_part_])) return &parts_[last_part_];
  for (std::size_t at = 0; at < parts_.size(); ++at) {
    if (!matches(parts_[at])) continue;
    last_part_ = at;
    return &parts_[at];
  }
  if (parts_.size() == kPartsMax) return nullptr;
  kind_ = kind_with(kind);
  last_part_ = parts_.size();
  Part part;
  part.kind = kind;
  part.index = index;
  parts_.push_back(std::move(part));
  std::size_t& open = open_[lane_of(kind)];
  if (open == kNone) open = last_part_;
  return &parts_.back();
}

void OutputItem::pass_on(Part& part, PieceSink& out) {
  const std::string_view text = std::string_view(part.text).substr(part.passed_on);
  part.passed_on = part.text.size();
  switch (lane_of(part.kind)) {
    case kText:
      out.piece<event::TextPiece>(item_id_, text);
      break;
    case kRefusal:
      out.piece<event::TextPiece>(refusal_id_, text);
      break;
    case kReasoning:
      out.piece<event::ReasoningPiece>(item_id_, text);
      break;
    case kArguments:
      out.piece<event::ToolArgumentsPiece>(item_id_, text);
      break;
    case kLanes:
      break;
  }
}

// Passes on what the open part of the lane has, and goes on to the next ones as long as they have ended. A later part
// waits for the end of an earlier one, so that the pieces are in the order of the item's value.
void OutputItem::advance(Lane lane, PieceSink& out) {
  while (open_[lane] != kNone) {
    Part& part = parts_[open_[lane]];
    pass_on(part, out);
    if (!part.ended) return;
    std::size_t next = open_[lane] + 1;
    while (next < parts_.size() && lane_of(parts_[next].kind) != lane) ++next;
    open_[lane] = next < parts_.size() ? next : kNone;
  }
}

Result<void> OutputItem::append(PartKind kind, std::uint64_t index, std::string_view delta, PieceSink& out) {
  Part* part = find_or_add(kind, index);
  if (part == nullptr) return fail(ProviderErrorCode::provider_response_too_large, "an item has more than 1000 parts");
  if (delta.empty()) return {};
  if (part->ended || closed_) return std::unexpected(contradiction("goes on after its end"));
  std::string scratch;
  part->text += part->joiner.join(delta, scratch);
  if (&parts_[open_[lane_of(kind)]] == part) pass_on(*part, out);
  return {};
}

Result<void> OutputItem::end_part(PartKind kind, std::uint64_t index, std::optional<std::string_view> whole,
                                  PieceSink& out) {
  Part* part = find_or_add(kind, index);
  if (part == nullptr) return fail(ProviderErrorCode::provider_response_too_large, "an item has more than 1000 parts");
  if (closed_) return {};
  const bool was_ended = part->ended;
  part->ended = true;
  part->text += part->joiner.finish();
  if (whole && !whole->empty() && *whole != part->text) {
    if (was_ended || !whole->starts_with(part->text)) return std::unexpected(contradiction("contradicts its deltas"));
    part->text = *whole;
  }
  advance(lane_of(kind), out);
  return {};
}

void OutputItem::end_all(PieceSink& out) {
  for (Part& part : parts_) {
    if (part.ended) continue;
    part.ended = true;
    part.text += part.joiner.finish();
  }
  for (const Lane lane : {kText, kRefusal, kReasoning, kArguments}) advance(lane, out);
}

std::string OutputItem::streamed(Lane lane) const {
  std::string text;
  for (const Part& part : parts_) {
    if (lane_of(part.kind) == lane) text += part.text;
  }
  return text;
}

// Brings what was passed on and the whole text together: passes on what is missing. A whole text that is empty where
// deltas came counts as not sent.
Result<void> OutputItem::reconcile(Lane lane, std::string_view whole, PieceSink& out) {
  const std::string sent = streamed(lane);
  if (whole.empty() || whole == sent) return {};
  if (!whole.starts_with(sent)) return std::unexpected(contradiction("contradicts its deltas"));
  Part rest;
  rest.kind = lane == kText        ? PartKind::text
              : lane == kRefusal   ? PartKind::refusal
              : lane == kArguments ? PartKind::arguments
                                   : PartKind::reasoning;
  rest.text = whole.substr(sent.size());
  rest.ended = true;
  pass_on(rest, out);
  parts_.push_back(std::move(rest));
  return {};
}

Error OutputItem::contradiction(std::string_view what) const {
  std::string message = "the provider contradicts itself: the text of output item " + std::to_string(position_) + " ";
  message += what;
  return ProviderError{ProviderErrorCode::provider_protocol_violation, std::move(message),
                       "output[" + std::to_string(position_) + "]"}
      .to_error();
}

Result<void> OutputItem::close(const json::object* item, std::string_view raw, PieceSink& out) {
  if (item != nullptr) {
    describe(*item);
  } else {
    raw = announced_raw_;
  }
  end_all(out);
  closed_ = true;
  switch (kind_) {
    case ItemKind::message:
      return close_message(item, raw, out);
    case ItemKind::reasoning:
      return close_reasoning(item, raw, out);
    case ItemKind::call:
      return close_call(item, raw, out);
    case ItemKind::unknown:
    case ItemKind::other:
      break;
  }
  add_done(item_id_, OtherItem{native_type_.empty() ? "unknown" : native_type_, RawJson{std::string(raw)}});
  return {};
}

Result<void> OutputItem::close_message(const json::object* item, std::string_view raw, PieceSink& out) {
  const json::array* content = item == nullptr ? nullptr : find_array(*item, "content");
  const std::string text = text_of_parts(content, "output_text", "text");
  if (auto done = reconcile(kText, text, out); !done) return done;
  if (auto done = reconcile(kRefusal, text_of_parts(content, "refusal", "refusal"), out); !done) return done;
  const RawJson echo = echo_of_message(item, raw);
  MessageItem message{.role = Role::assistant, .parts = {}, .echo = echo};
  RefusalItem refusal{.text = streamed(kRefusal), .echo = echo};
  if (!text.empty()) {
    for (const json::value& part : *content) {
      const json::object* object = part.if_object();
      if (object == nullptr || string_or(*object, "type") != "output_text") continue;
      const std::string_view piece = string_or(*object, "text");
      if (!piece.empty()) message.parts.emplace_back(TextPart{std::string(piece)});
    }
  } else {
    for (const Part& part : parts_) {
      if (part.kind == PartKind::text && !part.text.empty()) message.parts.emplace_back(TextPart{part.text});
    }
  }
  has_refusal_ = !refusal.text.empty();
  if (!message.parts.empty() || !has_refusal_) add_done(item_id_, std::move(message));
  if (has_refusal_) add_done(refusal_id_, std::move(refusal));
  return {};
}

Result<void> OutputItem::close_reasoning(const json::object* item, std::string_view raw, PieceSink& out) {
  if (item != nullptr) {
    const std::string summary = text_of_parts(find_array(*item, "summary"), "summary_text", "text");
    const std::string content = text_of_parts(find_array(*item, "content"), "reasoning_text", "text");
    // Both kinds in one item: passed on in the order of their appearance, which may be either.
    const bool in_order = (summary + content).starts_with(streamed(kReasoning));
    if (auto done = reconcile(kReasoning, in_order ? summary + content : content + summary, out); !done) return done;
  }
  add_done(item_id_, ReasoningItem{streamed(kReasoning), RawJson{item == nullptr ? std::string() : std::string(raw)}});
  return {};
}

Result<void> OutputItem::close_call(const json::object* item, std::string_view raw, PieceSink& out) {
  const char* member = custom_ ? "input" : "arguments";
  if (item != nullptr) {
    const json::value* arguments = find_member(*item, member);
    // Some hosts send an object where a string belongs.
    const bool is_text = arguments == nullptr || arguments->is_string();
    const std::string_view whole = is_text ? string_or(*item, member) : slice_member(raw, member);
    if (auto done = reconcile(kArguments, whole, out); !done) return done;
  }
  ToolCallItem call{.call_id = call_id_, .name = name_, .arguments = streamed(kArguments), .custom = custom_};
  if (call.call_id.empty()) call.call_id = native_id_.empty() ? "call_" + std::to_string(position_) : native_id_;
  call.echo = echo_of_call(raw, member);
  add_done(item_id_, std::move(call));
  return {};
}

void OutputItem::add_done(const std::string& item_id, ItemValue value) {
  done_.push_back(event::ItemDone{item_id, ConversationItem{std::move(value), "responses"}});
}

}  // namespace orchestrator::harness::codec::responses
