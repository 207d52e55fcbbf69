// SPDX-License-Identifier: Apache-2.0
#include "runtime/answer_gate.hpp"

#include <algorithm>
#include <iterator>
#include <optional>
#include <utility>
#include <variant>

#include "event/item_value.hpp"
#include "kernel/gates.hpp"

namespace orchestrator::harness::runtime {
namespace {

bool is_text(const ConversationItem& item) {
  const ItemKind kind = event::kind_of(item);
  return kind == ItemKind::text || kind == ItemKind::refusal;
}

// The item with another text; the provider's own form of it, which has the old one, goes.
void set_text(ConversationItem& item, const std::string& text) {
  if (auto* message = std::get_if<MessageItem>(&item.value)) {
    std::erase_if(message->parts, [](const ContentPart& part) {
      return std::holds_alternative<TextPart>(part) || std::holds_alternative<JsonPart>(part);
    });
    message->parts.insert(message->parts.begin(), TextPart{text});
    message->echo = {};
  } else if (auto* refusal = std::get_if<RefusalItem>(&item.value)) {
    refusal->text = text;
    refusal->echo = {};
  }
}

}  // namespace

AnswerGate::Item& AnswerGate::item_of(const std::string& item_id) {
  const auto found = items_.find(item_id);
  if (found != items_.end()) return found->second;
  return items_.emplace(item_id, Item{rules_.stream_gate(), {}, false}).first->second;
}

void AnswerGate::take(ProviderPart part, std::vector<ProviderPart>& out) {
  if (is_stopped_) return;
  if (const auto* piece = std::get_if<TextPiece>(&part)) {
    take_piece(*piece, out);
    return;
  }
  if (auto* done = std::get_if<ItemDone>(&part); done != nullptr && is_text(done->item)) {
    finish_item(std::move(*done), out);
    return;
  }
  if (const auto* done = std::get_if<ItemDone>(&part)) {
    goes_on_ = goes_on_ || event::kind_of(done->item) == ItemKind::tool_call;
  }
  if (const auto* finished = std::get_if<AnswerFinished>(&part)) {
    goes_on_ = goes_on_ || finished->reason == FinishReason::pause;
    // What comes before a call is no answer yet.
    if (!goes_on_) of_whole_ = rules_.judge_whole(text_);
    std::ranges::copy(asked_, std::back_inserter(of_whole_));
    if (std::ranges::any_of(of_whole_, [](const GateVerdict& verdict) { return blocks(verdict); })) {
      stop(out);
      return;
    }
  }
  out.push_back(std::move(part));
}

void AnswerGate::take_piece(const TextPiece& piece, std::vector<ProviderPart>& out) {
  Item& item = item_of(piece.item_id);
  item.has_pieces = true;
  std::string released;
  item.gate.append(released, piece.text);
  item.shown += released;
  if (!released.empty()) out.emplace_back(TextPiece{piece.item_id, std::move(released)});
  if (item.gate.is_stopped()) stop(out);
}

void AnswerGate::finish_item(ItemDone done, std::vector<ProviderPart>& out) {
  Item& item = item_of(done.item_id);
  const std::string value = event::value_of(done.item);
  std::string released;
  if (!item.has_pieces) item.gate.append(released, value);
  item.gate.finish(released);
  item.shown += released;
  if (!released.empty() && item.has_pieces) out.emplace_back(TextPiece{done.item_id, released});
  text_ += item.shown;
  if (item.gate.is_stopped()) {
    stop(out);
    return;
  }
  if (item.shown != value) set_text(done.item, item.shown);
  out.emplace_back(std::move(done));
}

void AnswerGate::stop(std::vector<ProviderPart>& out) {
  is_stopped_ = true;
  const std::vector<GateVerdict> all = verdicts();
  const auto verdict = std::ranges::find_if(all, [](const GateVerdict& one) { return blocks(one); });
  out.emplace_back(AnswerFailed{kernel::blocked_answer(*verdict)});
}

std::vector<GateVerdict> AnswerGate::verdicts() const {
  std::vector<GateVerdict> verdicts;
  const std::vector<GateRule> streamed = rules_.streamed_rules();
  for (std::size_t i = 0; i < streamed.size(); ++i) {
    GateVerdict verdict;
    verdict.gate = streamed[i].name;
    verdict.phase = GatePhase::output;
    verdict.mode = streamed[i].mode;
    for (const auto& [item_id, item] : items_) {
      const auto findings = item.gate.findings();
      const auto found = std::ranges::find(findings, i, &codec::StreamGate::Finding::rule);
      if (found == findings.end()) continue;
      verdict.passed = false;
      verdict.action = streamed[i].action;
      const auto* size = std::get_if<SizeCheck>(&streamed[i].check);
      verdict.reason = size != nullptr ? "it has more than " + std::to_string(size->bytes_max) + " bytes"
                                       : "it matches at byte " + std::to_string(found->at);
      break;
    }
    verdicts.push_back(std::move(verdict));
  }
  std::ranges::copy(of_whole_, std::back_inserter(verdicts));
  for (GateVerdict& verdict : verdicts) verdict.attempt = attempt_;
  return verdicts;
}

}  // namespace orchestrator::harness::runtime
