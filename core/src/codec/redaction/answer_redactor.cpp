// SPDX-License-Identifier: Apache-2.0
#include "codec/redaction/answer_redactor.hpp"

#include <utility>

#include "event/item_value.hpp"

namespace orchestrator::harness::codec {
namespace {

using event::ProviderPart;

RawJson* echo_of(ConversationItem& item) {
  return std::visit(
      [](auto& value) -> RawJson* {
        if constexpr (requires { value.echo; }) return &value.echo;
        return nullptr;
      },
      item.value);
}

// The parts of a message that are no text stay behind it.
void set_message(MessageItem& message, const std::string& text) {
  std::vector<ContentPart> parts;
  parts.emplace_back(TextPart{text});
  for (ContentPart& part : message.parts) {
    const bool is_text = std::holds_alternative<TextPart>(part) || std::holds_alternative<JsonPart>(part);
    if (!is_text) parts.push_back(std::move(part));
  }
  message.parts = std::move(parts);
}

void set_value(ConversationItem& item, const std::string& value) {
  if (auto* message = std::get_if<MessageItem>(&item.value)) set_message(*message, value);
  if (auto* reasoning = std::get_if<ReasoningItem>(&item.value)) reasoning->text = value;
  if (auto* refusal = std::get_if<RefusalItem>(&item.value)) refusal->text = value;
  if (auto* call = std::get_if<ToolCallItem>(&item.value)) call->arguments = value;
}

RedactionCounts difference(const RedactionCounts& now, const RedactionCounts& before) {
  RedactionCounts more{};
  for (std::size_t kind = 0; kind < kRedactionKinds; ++kind) more[kind] = now[kind] - before[kind];
  return more;
}

}  // namespace

void AnswerRedactor::add(const RedactionCounts& counts) {
  for (std::size_t kind = 0; kind < kRedactionKinds; ++kind) counts_[kind] += counts[kind];
}

std::vector<events::RedactionCount> AnswerRedactor::take_counts() { return listed(std::exchange(counts_, {})); }

void AnswerRedactor::identifier(std::string& value) {
  ValueRedaction redaction(redactor_->texts(), redactor_->secrets(), redactor_->vault());
  redaction.identifier(value);
  add(redaction.counts());
}

void AnswerRedactor::error(Error& error) {
  ValueRedaction redaction(redactor_->texts(), redactor_->secrets(), redactor_->vault());
  redaction.text(error.message);
  redaction.text(error.at);
  for (ErrorCause& cause : error.cause) redaction.text(cause.message);
  add(redaction.counts());
}

void AnswerRedactor::take(ProviderPart part, std::vector<ProviderPart>& out) {
  if (auto* text = std::get_if<TextPiece>(&part)) return take_piece(std::move(*text), out);
  if (auto* reasoning = std::get_if<ReasoningPiece>(&part)) return take_piece(std::move(*reasoning), out);
  if (auto* arguments = std::get_if<ToolArgumentsPiece>(&part)) return take_piece(std::move(*arguments), out);
  if (auto* done = std::get_if<ItemDone>(&part)) return finish_item(std::move(*done), out);
  if (auto* finished = std::get_if<AnswerFinished>(&part)) {
    identifier(finished->native_reason);
    identifier(finished->provider_model);
    identifier(finished->provider_response_id);
  }
  if (auto* failed = std::get_if<AnswerFailed>(&part)) error(failed->error);
  out.push_back(std::move(part));
}

template <class Piece>
void AnswerRedactor::take_piece(Piece piece, std::vector<ProviderPart>& out) {
  identifier(piece.item_id);
  auto found = items_.find(piece.item_id);
  if (found == items_.end()) {
    const std::size_t kind = ProviderPart(std::in_place_type<Piece>).index();
    if constexpr (std::is_same_v<Piece, ToolArgumentsPiece>) {
      Item item{JsonStreamRedactor(redactor_->texts(), redactor_->vault()), kind, {}, {}, {}};
      found = items_.emplace(piece.item_id, std::move(item)).first;
    } else {
      Item item{StreamRedactor(redactor_->texts(), redactor_->vault()), kind, {}, {}, {}};
      found = items_.emplace(piece.item_id, std::move(item)).first;
    }
  }
  Item& item = found->second;
  item.raw += piece.text;
  std::string text = std::visit([&](auto& stream) { return stream.append(piece.text); }, item.stream);
  show(item, piece.item_id, std::move(text), out);
}

void AnswerRedactor::show(Item& item, const std::string& item_id, std::string text, std::vector<ProviderPart>& out) {
  const RedactionCounts now = std::visit([](const auto& stream) { return stream.counts(); }, item.stream);
  add(difference(now, item.counted));
  item.counted = now;
  if (text.empty()) return;
  item.shown += text;
  if (item.kind == ProviderPart(std::in_place_type<TextPiece>).index()) {
    out.emplace_back(TextPiece{item_id, std::move(text)});
  } else if (item.kind == ProviderPart(std::in_place_type<ReasoningPiece>).index()) {
    out.emplace_back(ReasoningPiece{item_id, std::move(text)});
  } else {
    out.emplace_back(ToolArgumentsPiece{item_id, std::move(text)});
  }
}

std::string AnswerRedactor::redacted_value(const ConversationItem& item, const std::string& value) {
  if (std::holds_alternative<ToolCallItem>(item.value)) {
    JsonStreamRedactor stream(redactor_->texts(), redactor_->vault());
    std::string text = stream.append(value);
    text += stream.finish();
    add(stream.counts());
    return text;
  }
  RedactedText redacted = redactor_->texts().redact(value, redactor_->vault());
  add(redacted.counts);
  return std::move(redacted.text);
}

// What is compared or sent back as it is loses the configured secrets alone.
void AnswerRedactor::clean_names(ConversationItem& item) {
  if (auto* call = std::get_if<ToolCallItem>(&item.value)) {
    identifier(call->name);
    identifier(call->call_id);
  }
  RawJson* echo = echo_of(item);
  if (echo == nullptr || echo->text.empty()) return;
  const RedactedText redacted = redactor_->secrets().redact(echo->text, redactor_->vault());
  if (redacted.text == echo->text) return;
  add(redacted.counts);
  // An item of no common form is nothing without its own form.
  const bool is_only_form = std::holds_alternative<OtherItem>(item.value);
  if (auto cleaned = redactor_->secrets().redact_json(echo->text, redactor_->vault()); is_only_form && cleaned) {
    echo->text = std::move(cleaned->text);
  } else {
    echo->text = is_only_form ? "{}" : "";
  }
}

void AnswerRedactor::finish_item(ItemDone done, std::vector<ProviderPart>& out) {
  identifier(done.item_id);
  const std::string value = event::value_of(done.item);
  const auto found = items_.find(done.item_id);
  std::string shown;
  if (found == items_.end()) {
    if (!std::holds_alternative<OtherItem>(done.item.value)) shown = redacted_value(done.item, value);
  } else {
    Item& item = found->second;
    std::string rest = std::visit([](auto& stream) { return stream.finish(); }, item.stream);
    show(item, done.item_id, std::move(rest), out);
    // Pieces that did not add up to the value still do not.
    shown = item.raw == value ? item.shown : redacted_value(done.item, value);
  }
  if (shown != value && !std::holds_alternative<OtherItem>(done.item.value)) {
    set_value(done.item, shown);
    if (RawJson* echo = echo_of(done.item)) *echo = {};
  }
  clean_names(done.item);
  out.emplace_back(std::move(done));
}

}  // namespace orchestrator::harness::codec
