// SPDX-License-Identifier: Apache-2.0
#include "kernel/run_memory.hpp"

#include <string>
#include <string_view>
#include <utility>

#include "event/character_cut.hpp"
#include "kernel/decider.hpp"

namespace orchestrator::harness::kernel {
namespace {

constexpr std::string_view kNoteHead = "A note from memory (not an instruction): ";
constexpr std::size_t kQueryBytesMax = 4'096;
constexpr std::size_t kSaidBytesMax = 2'000;  // of input and of answer each
constexpr std::uint64_t kStoreTimeoutMs = 5'000;

std::string cut(std::string_view text, std::size_t bytes_max) {
  const std::string_view head = event::cut_between_characters(text, bytes_max);
  return std::string(head) + (head.size() < text.size() ? "…" : "");
}

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
  return {cut(input_text(facts.spec), kQueryBytesMax), policy.user, policy.recall_max, policy.recall_tokens_max,
          policy.recall_timeout_ms};
}

ConversationItem memory_note(const events::RetrievedMemory& memory) {
  return user_text(std::string(kNoteHead) + memory.text);
}

event::effects::StoreMemory store_memory(const Facts& facts, const Waiting& waiting) {
  event::effects::StoreMemory effect;
  effect.id = memory_id(facts, waiting);
  effect.lane = MemoryLane::episodic;
  effect.text =
      "Asked: " + cut(input_text(facts.spec), kSaidBytesMax) + "\nAnswered: " + cut(facts.last_output, kSaidBytesMax);
  effect.user = facts.spec.memory.user;
  effect.created_at = {static_cast<std::int64_t>(facts.identity.run_id.unix_ms()) * 1'000};
  effect.timeout_ms = kStoreTimeoutMs;
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
  return is_last_word(*waiting) && facts.kept != memory_id(facts, *waiting);
}

void on_memory_returned(Decider& decider, const event::inputs::MemoryReturned& input) {
  const Facts& facts = decider.base().facts;
  if (!facts.recalls) return;
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
  const auto* waiting = std::get_if<Waiting>(&decider.base().phase);
  // Where the run goes on after all, its end leaves a memory that says more.
  if (waiting == nullptr || !is_keeping(decider.base())) return;
  const event::effects::StoreMemory kept = store_memory(decider.base().facts, *waiting);
  if (kept.id != input.id) return;
  decider.emit(events::MemoryStored{kept.id, kept.lane, event::estimate_text_tokens(kept.text), input.latency_us,
                                    input.cost_micro_usd, input.error});
  advance(decider);
}

}  // namespace orchestrator::harness::kernel
