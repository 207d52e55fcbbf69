// SPDX-License-Identifier: Apache-2.0
#include "sim/answer_generator.hpp"

#include <algorithm>
#include <array>

#include "event/item_value.hpp"
#include "event/provider_part.hpp"
#include "sim/codec_stream.hpp"

namespace orchestrator::harness::sim {
namespace {

using Parts = std::vector<ProviderPart>;

constexpr std::array<std::string_view, 12> kWords{"the ",        "run ",        "ends ",       "well",
                                                  "\n",          "\"quoted\" ", "H\u00e9llo ", "\u4f60\u597d",
                                                  "\U0001F600 ", "a\tb",        "0\\",         "x"};

ConversationItem of_simulation(ItemValue value) { return {std::move(value), "simulated"}; }

// Whole answers, as items; how they are cut into pieces is drawn later.
ItemValue draw_item(Entropy& entropy, const ProviderTemper& temper, std::size_t index) {
  const std::uint64_t kind = entropy.below(temper.calls_tools ? 10 : 7);
  if (kind == 0) return ReasoningItem{draw_text(entropy, 6), {}};
  if (kind == 1) return RefusalItem{draw_text(entropy, 4), {}};
  if (kind == 2) return OtherItem{"search_call", {R"({"id":"s1"})"}};
  if (kind >= 7) {
    ToolCallItem call;
    // Some models give the same ids in every turn.
    call.call_id = "call_" + std::to_string(entropy.chance(1, 3) ? entropy.below(2) : 10 * index + entropy.below(10));
    constexpr std::array<std::string_view, 5> kTools{"read_file", "search", "put", "edit", "send"};
    call.name = entropy.pick(kTools);
    call.arguments = R"({"q":")" + std::string(entropy.below(20), 'q') + R"("})";
    call.custom = entropy.chance(1, 8);
    return call;
  }
  MessageItem message;
  message.role = Role::assistant;
  message.parts.emplace_back(TextPart{draw_text(entropy, 12)});
  return message;
}

// Cuts a text at character boundaries.
std::vector<std::string> cut(Entropy& entropy, const std::string& text) {
  std::vector<std::string> pieces;
  std::string piece;
  for (std::size_t i = 0; i < text.size(); ++i) {
    piece += text[i];
    const bool is_boundary = i + 1 == text.size() || (static_cast<std::uint8_t>(text[i + 1]) & 0xC0U) != 0x80U;
    if (is_boundary && entropy.chance(1, 6)) pieces.push_back(std::exchange(piece, {}));
  }
  if (!piece.empty()) pieces.push_back(std::move(piece));
  return pieces;
}

ProviderPart piece_of(ItemKind kind, std::string item_id, std::string text) {
  if (kind == ItemKind::reasoning) return ReasoningPiece{std::move(item_id), std::move(text)};
  if (kind == ItemKind::tool_call) return ToolArgumentsPiece{std::move(item_id), std::move(text)};
  return TextPiece{std::move(item_id), std::move(text)};
}

// The parts of one item in order: its pieces, and its end.
Parts parts_of(Entropy& entropy, const ConversationItem& item, const std::string& item_id) {
  Parts parts;
  const ItemKind kind = event::kind_of(item);
  if (kind != ItemKind::other && entropy.chance(9, 10)) {
    for (std::string& piece : cut(entropy, event::value_of(item))) {
      parts.push_back(piece_of(kind, item_id, std::move(piece)));
    }
  }
  parts.emplace_back(ItemDone{item_id, item});
  return parts;
}

// Shuffles the parts of several items into one another; the order within each item stays.
Parts interleave(Entropy& entropy, std::vector<Parts> items) {
  Parts merged;
  const bool in_order = entropy.chance(1, 2);
  while (!items.empty()) {
    const auto from = in_order ? 0 : static_cast<std::ptrdiff_t>(entropy.below(items.size()));
    Parts& parts = items[static_cast<std::size_t>(from)];
    merged.push_back(std::move(parts.front()));
    parts.erase(parts.begin());
    if (parts.empty()) items.erase(items.begin() + from);
  }
  return merged;
}

Usage draw_usage(Entropy& entropy) {
  Usage usage;
  if (entropy.chance(4, 5)) usage.input = entropy.below(1'000);
  if (entropy.chance(4, 5)) usage.output = entropy.below(200);
  if (entropy.chance(1, 2)) usage.cached_input = entropy.below(100);
  if (entropy.chance(1, 30)) usage.unpriced = {"service_tier:flex"};
  if (entropy.chance(1, 4)) usage.cache_write = entropy.below(100);
  if (entropy.chance(1, 2)) usage.reasoning = entropy.below(50);
  if (entropy.chance(1, 2)) usage.total = entropy.below(1'200);
  usage.invalid = entropy.chance(1, 20);
  return usage;
}

FinishReason draw_reason(Entropy& entropy, const ProviderTemper& temper, bool has_calls) {
  constexpr std::array kEarly{FinishReason::length, FinishReason::content_filter, FinishReason::pause,
                              FinishReason::refusal, FinishReason::other};
  if (temper.ends_early && entropy.chance(1, 3)) return entropy.pick(kEarly);
  return has_calls ? FinishReason::tool_calls : FinishReason::stop;
}

// Breaks one rule of an answer's form.
void break_rule(Entropy& entropy, Parts& parts) {
  if (parts.empty()) return;
  const auto at = static_cast<std::ptrdiff_t>(entropy.below(parts.size()));
  const ProviderPart part = parts[static_cast<std::size_t>(at)];
  switch (entropy.below(5)) {
    case 0:
      parts.insert(parts.begin() + at, part);
      break;  // twice
    case 1:
      parts.erase(parts.begin() + at);
      break;  // never
    case 2:
      std::ranges::reverse(parts);
      break;
    case 3:
      parts.insert(parts.begin() + at, ReasoningPiece{"item_0", "no thought of this item"});
      break;
    default:
      parts.emplace_back(ItemDone{"item_x", of_simulation(ToolCallItem{.name = "search"})});
      break;  // no id
  }
}

std::uint64_t draw_gap(Entropy& entropy, const ProviderTemper& temper) {
  return entropy.magnitude(1, temper.is_slow ? 4'000'000 : 60'000);
}

// Groups parts into what arrives together, joined as the runtime joins them.
std::vector<ChunkPlan> group(Entropy& entropy, const ProviderTemper& temper, Parts parts) {
  std::vector<ChunkPlan> chunks;
  const std::uint64_t size_max = entropy.between(1, 4);
  std::uint64_t room = 0;
  for (ProviderPart& part : parts) {
    if (room == 0) {
      room = entropy.between(1, size_max);
      chunks.push_back({draw_gap(entropy, temper), {}});
    }
    room -= 1;
    event::append_joined(chunks.back().parts, std::move(part));
  }
  return chunks;
}

RetryAdvice draw_advice(Entropy& entropy) {
  RetryAdvice advice;
  if (entropy.chance(2, 3)) advice.after_ms = entropy.magnitude(1, 60'000);
  advice.is_cut = entropy.chance(1, 6);
  if (entropy.chance(1, 3)) advice.may_retry = entropy.chance(1, 2);
  return advice;
}

EndPlan draw_end(Entropy& entropy, const ProviderTemper& temper) {
  EndPlan end;
  end.after_us = draw_gap(entropy, temper);
  end.error = ProviderError{ProviderErrorCode::provider_stream_truncated, "the stream ended early", "simulated"};
  if (!temper.fails) return end;
  end.error = draw_provider_error(entropy);
  if (entropy.chance(1, 2)) {
    end.error = ProviderError{ProviderErrorCode::provider_overloaded, "as the simulation wanted", "simulated"};
  }
  if (entropy.chance(1, 2)) {
    constexpr std::array kTimers{TimerKind::connect, TimerKind::first_byte, TimerKind::idle};
    end.timer = entropy.pick(kTimers);
    end.timer_ms = entropy.between(1, 300'000);
  }
  if (entropy.chance(1, 2)) end.usage = draw_usage(entropy);
  if (entropy.chance(1, 3)) end.advice = draw_advice(entropy);
  return end;
}

Parts draw_parts(Entropy& entropy, const ProviderTemper& temper, std::size_t index, bool& has_calls) {
  std::vector<Parts> items;
  if (temper.repeats_itself) {
    has_calls = true;
    const ToolCallItem call{.call_id = "call_" + std::to_string(index), .name = "read_file", .arguments = "{}"};
    return parts_of(entropy, of_simulation(call), "item_0");
  }
  const std::uint64_t count = entropy.below(4);
  for (std::uint64_t i = 0; i < count; ++i) {
    const ConversationItem item = of_simulation(draw_item(entropy, temper, index));
    has_calls = has_calls || std::holds_alternative<ToolCallItem>(item.value);
    items.push_back(parts_of(entropy, item, "item_" + std::to_string(i)));
  }
  return interleave(entropy, std::move(items));
}

}  // namespace

ProviderTemper draw_temper(Entropy& entropy) {
  ProviderTemper temper;
  temper.fails = entropy.chance(1, 2);
  temper.breaks_rules = entropy.chance(1, 4);
  temper.calls_tools = entropy.chance(1, 2);
  temper.ends_early = entropy.chance(1, 2);
  temper.is_slow = entropy.chance(1, 4);
  return temper;
}

std::string draw_text(Entropy& entropy, std::uint64_t words_max) {
  std::string text;
  const std::uint64_t words = entropy.between(1, words_max);
  for (std::uint64_t i = 0; i < words; ++i) text += entropy.pick(kWords);
  return text;
}

Error draw_provider_error(Entropy& entropy) {
  auto code = static_cast<ProviderErrorCode>(
      entropy.below(static_cast<std::uint64_t>(ProviderErrorCode::provider_unknown) + 1));
  // These two are for the harness to say.
  const bool is_ours = code == ProviderErrorCode::provider_lost || code == ProviderErrorCode::provider_circuit_open;
  if (is_ours) code = ProviderErrorCode::provider_unreachable;
  return ProviderError{code, "as the simulation wanted", "simulated"};
}

AnswerPlan draw_answer(Entropy& entropy, const ProviderTemper& temper, std::size_t index) {
  AnswerPlan plan;
  plan.end = draw_end(entropy, temper);
  plan.cancel_after_us = entropy.magnitude(1, 100'000);
  plan.sends_on = entropy.chance(1, 4);
  if (temper.fails && entropy.chance(1, 6)) return plan;  // dies before its headers
  plan.headers_after_us = draw_gap(entropy, temper);
  plan.headers_times = entropy.chance(1, 30) ? 2 : 1;
  if (entropy.chance(1, 8)) {
    plan.through_codec = true;
    plan.chunks = group(entropy, temper, draw_codec_answer(entropy, temper.fails));
    return plan;
  }
  bool has_calls = false;
  Parts parts = draw_parts(entropy, temper, index, has_calls);
  if (temper.breaks_rules && entropy.chance(1, 3)) break_rule(entropy, parts);
  const bool fails = temper.fails && entropy.chance(1, 4);
  const bool is_cut_off = fails && entropy.chance(1, 2);
  if (fails) parts.resize(static_cast<std::size_t>(entropy.below(parts.size() + 1)));
  if (!is_cut_off) {
    if (entropy.chance(4, 5)) parts.emplace_back(UsageSeen{draw_usage(entropy)});
    if (fails) {
      parts.emplace_back(AnswerFailed{draw_provider_error(entropy)});
    } else {
      parts.emplace_back(AnswerFinished{draw_reason(entropy, temper, has_calls), "native", "model-1", "resp"});
    }
  }
  plan.chunks = group(entropy, temper, std::move(parts));
  return plan;
}

}  // namespace orchestrator::harness::sim
