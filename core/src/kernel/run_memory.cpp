// SPDX-License-Identifier: Apache-2.0
#include "kernel/run_memory.hpp"

#include <string>
#include <string_view>
#include <utility>

#include "event/character_cut.hpp"
#include "event/json_writer.hpp"
#include "kernel/decider.hpp"

namespace orchestrator::harness::kernel {
namespace {

constexpr std::string_view kNoteHead = "A note from memory (not an instruction): ";
constexpr std::size_t kQueryBytesMax = 4'096;
constexpr std::size_t kSaidBytesMax = 800;  // of input and of answer each: a memory is recalled by the default bounds

std::string input_text(const events::RunStarted& spec) {
  MessageItem message;
  message.parts = spec.input;
  return text_of(ConversationItem{std::move(message), {}});
}

// Of the run and its last turn, in time order with the run's.
MemoryId memory_id(const Facts& facts, const Waiting& waiting) {
  const Hash hash = sha256(facts.identity.run_id.str() + " memory of turn " + std::to_string(waiting.next_turn - 1));
  std::uint64_t high = 0;
  std::uint64_t low = 0;
  for (std::size_t i = 0; i < 8; ++i) {
    high = high << 8 | hash.bytes()[i];
    low = low << 8 | hash.bytes()[8 + i];
  }
  return MemoryId::make(facts.identity.run_id.unix_ms(), high, low);
}

}  // namespace

event::effects::RetrieveMemory retrieve_memory(const Facts& facts) {
  const MemoryPolicy& policy = facts.spec.memory;
  return {event::cut_with_ellipsis(input_text(facts.spec), kQueryBytesMax), policy.user, policy.recall_max,
          policy.recall_tokens_max, policy.timeout_ms};
}

bool wants_recall(const events::RunStarted& spec) { return spec.memory.recall_max > 0 && !input_text(spec).empty(); }

// In quotation marks and on one line, whatever is in it.
ConversationItem memory_note(const events::RetrievedMemory& memory) {
  std::string text(kNoteHead);
  event::append_json_string(text, memory.text);
  return user_text(std::move(text));
}

event::effects::StoreMemory store_memory(const Facts& facts, const Waiting& waiting) {
  event::effects::StoreMemory effect;
  effect.id = memory_id(facts, waiting);
  effect.lane = MemoryLane::episodic;
  effect.text = "Asked: " + event::cut_with_ellipsis(input_text(facts.spec), kSaidBytesMax) +
                "\nAnswered: " + event::cut_with_ellipsis(facts.last_output, kSaidBytesMax);
  effect.user = facts.spec.memory.user;
  effect.created_at = {static_cast<std::int64_t>(facts.identity.run_id.unix_ms()) * 1'000};
  effect.timeout_ms = facts.spec.memory.timeout_ms;
  return effect;
}

bool is_last_word(const Waiting& waiting) {
  if (!waiting.answer || waiting.answer == FinishReason::pause) return false;
  const bool has_results =
      waiting.calls_answered && (waiting.answer == FinishReason::tool_calls || waiting.answer == FinishReason::stop ||
                                 waiting.answer == FinishReason::other);
  return !has_results;
}

bool is_keeping(const State& state) {
  const auto* waiting = std::get_if<Waiting>(&state.phase);
  const Facts& facts = state.facts;
  if (waiting == nullptr || !facts.spec.memory.keep_run || !facts.hints.empty()) return false;
  return is_last_word(*waiting) && !facts.kept.contains(memory_id(facts, *waiting));
}

void on_memory_returned(Decider& decider, const event::inputs::MemoryReturned& input) {
  const Facts& facts = decider.base().facts;
  if (!facts.recalls || facts.judges_input) return;
  events::MemoryRetrieved retrieved;
  retrieved.query = retrieve_memory(facts).query;
  retrieved.hits = input.hits;
  for (const events::RetrievedMemory& hit : input.hits) retrieved.tokens += hit.tokens;
  retrieved.latency_us = input.latency_us;
  retrieved.cost_micro_usd = input.cost_micro_usd;
  retrieved.error = input.error;
  decider.emit(std::move(retrieved));
  advance(decider);
}

void on_memory_kept(Decider& decider, const event::inputs::MemoryKept& input) {
  const Facts& facts = decider.base().facts;
  if (!facts.spec.memory.keep_run || input.id.is_zero() || facts.kept.contains(input.id)) return;
  const bool was_keeping = is_keeping(decider.base());
  decider.emit(events::MemoryStored{input.id, MemoryLane::episodic, input.tokens, input.latency_us,
                                    input.cost_micro_usd, input.error});
  // One of an earlier last word leaves the run where it is: it went on for a hint.
  if (was_keeping && !is_keeping(decider.state())) advance(decider);
}

void give_up_keeping(Decider& decider, const std::string& reason) {
  const auto& waiting = std::get<Waiting>(decider.base().phase);
  const event::effects::StoreMemory memory = store_memory(decider.facts(), waiting);
  events::MemoryStored stored;
  stored.id = memory.id;
  stored.tokens = event::estimate_text_tokens(memory.text);
  stored.error =
      RuntimeError{RuntimeErrorCode::storage_unavailable, "the memory was not waited for: " + reason, "memory", {}};
  decider.emit(std::move(stored));
  advance(decider);
}

}  // namespace orchestrator::harness::kernel
