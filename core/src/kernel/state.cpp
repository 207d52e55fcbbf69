// SPDX-License-Identifier: Apache-2.0
#include "kernel/state.hpp"

#include <algorithm>
#include <array>
#include <limits>

#include "event/item_value.hpp"
#include "kernel/run_memory.hpp"
#include "kernel/summary_call.hpp"
#include "kernel/undo_run.hpp"

namespace orchestrator::harness::kernel {
namespace {

// SplitMix64 (Steele, Lea, Flood: "Fast splittable pseudorandom number generators", 2014): one draw of a stream.
std::uint64_t split_mix(std::uint64_t seed, std::uint64_t counter) {
  std::uint64_t z = seed + 0x9E3779B97F4A7C15ULL * (counter + 1);
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ULL;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBULL;
  return z ^ (z >> 31);
}

SpanId span_of(std::uint64_t seed, std::uint64_t counter) {
  const std::uint64_t drawn = split_mix(seed, counter) | 1;  // an all-zero span id is invalid
  std::array<std::uint8_t, SpanId::kBytes> bytes{};
  for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<std::uint8_t>(drawn >> (8 * i));
  return SpanId(bytes);
}

constexpr std::uint64_t kForever = std::numeric_limits<std::uint64_t>::max();

std::uint64_t us_of(std::uint64_t ms) { return ms > kForever / 1'000 ? kForever : ms * 1'000; }

// The sum, or the last moment there is where it would pass that.
std::uint64_t later(std::uint64_t moment_us, std::uint64_t by_us) {
  return by_us > kForever - moment_us ? kForever : moment_us + by_us;
}

}  // namespace

void drop_setting(GenerationSettings& settings, std::string_view name) {
  if (name == "temperature") settings.temperature.reset();
  if (name == "top_p") settings.top_p.reset();
  if (name == "stop") settings.stop.clear();
  if (name == "seed") settings.seed.reset();
  if (name == "max_output_tokens") settings.max_output_tokens.reset();
  if (settings.reasoning) {
    ReasoningSettings& reasoning = *settings.reasoning;
    if (name == "reasoning") reasoning.effort.reset();
    if (name == "reasoning_budget_tokens") reasoning.budget_tokens.reset();
    if (name == "reasoning_summaries") reasoning.summaries = false;
    if (reasoning == ReasoningSettings{}) settings.reasoning.reset();
  }
  if (name == "tool_choice") settings.tool_choice.reset();
  if (name == "parallel_tool_calls") settings.parallel_tool_calls.reset();
  if (name == "output_schema") settings.output_schema.reset();
  if (name == "metadata") settings.metadata.clear();
}

SpanId run_span(const events::RunStarted& spec) { return span_of(spec.seed, 0); }
SpanId attempt_span(const events::RunStarted& spec, std::uint32_t attempt) { return span_of(spec.seed, attempt); }
std::uint64_t retry_draw(const events::RunStarted& spec, std::uint32_t attempt) {
  return split_mix(spec.seed, (1ULL << 62) + attempt);  // above all calls
}

event::effects::AcquireSlot acquire_slot(const Facts& facts, const Waiting& waiting) {
  return {waiting.next_attempt, facts.model ? facts.model->model : facts.spec.model_plan.primary, waiting.not_before_us,
          waiting.is_retry};
}

SpanId call_span(const events::RunStarted& spec, std::uint32_t turn, std::size_t index) {
  // Above all attempts; an answer holds fewer calls than 2^16.
  return span_of(spec.seed, (1ULL << 48) + (std::uint64_t{turn} << 16) + index);
}

bool is_parked(const State& state) {
  if (state.facts.paused) return true;
  const auto* acting = std::get_if<Acting>(&state.phase);
  if (acting == nullptr) return false;
  const std::size_t awaiting = count_at(acting->calls, CallStage::awaiting);
  return awaiting > 0 && awaiting == count_open(acting->calls);
}

std::string visible_text(const Attempt& attempt) {
  std::string text;
  for (const ItemProgress& item : attempt.items) {
    if (event::is_visible(item.kind)) text += item.text;
  }
  return text;
}

event::effects::CallProvider provider_call(const Facts& facts, const Attempt& attempt) {
  if (attempt.purpose == AttemptPurpose::summary) return summary_call(facts, attempt);
  event::effects::CallProvider call;
  call.attempt = attempt.number;
  call.turn = attempt.turn;
  call.settings = facts.spec.settings;
  if (facts.model) {
    call.model = facts.model->model;
    for (const events::DroppedSetting& dropped : facts.model->dropped) drop_setting(call.settings, dropped.name);
  }
  // A forced call is for the first turn: kept up, the model could never answer.
  if (attempt.max_output_tokens) {
    call.settings.max_output_tokens = attempt.max_output_tokens;
    call.settings.reasoning.reset();  // some hosts add thoughts to the limit, which the budget does not allow
  }
  if (attempt.turn > 1 && call.settings.tool_choice && call.settings.tool_choice->mode >= ToolChoiceMode::required) {
    call.settings.tool_choice.reset();
  }
  call.context = facts.context;
  return call;
}

std::optional<std::uint64_t> run_deadline_us(const Facts& facts) {
  if (!facts.spec.timeouts.run_ms) return std::nullopt;
  return later(us_of(*facts.spec.timeouts.run_ms), facts.parked_us);
}

std::optional<std::uint64_t> turn_deadline_us(const Facts& facts) {
  if (!facts.spec.timeouts.turn_ms || !facts.turn_started_us) return std::nullopt;
  return later(*facts.turn_started_us, us_of(*facts.spec.timeouts.turn_ms));
}

std::optional<std::uint64_t> approval_deadline_us(const State& state) {
  std::optional<std::uint64_t> first;
  const auto* acting = std::get_if<Acting>(&state.phase);
  if (acting == nullptr) return first;
  for (const ToolCallProgress& call : acting->calls) {
    if (call.interrupt && call.interrupt->expires_us)
      first = std::min(first.value_or(kForever), *call.interrupt->expires_us);
  }
  return first;
}

std::vector<event::Effect> owed_effects(const State& state) {
  std::vector<event::Effect> owed;
  const Facts& facts = state.facts;
  if (std::holds_alternative<NotStarted>(state.phase) || std::holds_alternative<Ended>(state.phase)) return owed;
  if (const auto* replaying = std::get_if<Replaying>(&state.phase)) {
    owed.emplace_back(event::effects::ReplaySource{facts.spec.parent.value_or(events::ParentRef{}), replaying->order});
    return owed;
  }
  if (const auto* undoing = std::get_if<Undoing>(&state.phase)) return owed_compensations(facts, *undoing);
  if (const auto* waiting = std::get_if<Waiting>(&state.phase); waiting != nullptr) {
    if (facts.judges_input) {
      owed.emplace_back(event::effects::EvaluateGates{});
    } else if (facts.recalls) {
      owed.emplace_back(retrieve_memory(facts));
    } else if (!facts.paused) {
      owed.push_back(is_keeping(state) ? event::Effect(store_memory(facts, *waiting))
                                       : event::Effect(acquire_slot(facts, *waiting)));
    }
  }
  if (const auto* acting = std::get_if<Acting>(&state.phase); acting != nullptr) {
    for (std::size_t i = 0; i < acting->calls.size(); ++i) {
      const ToolCallProgress& call = acting->calls[i];
      if (call.stage != CallStage::running) continue;
      const bool is_ending = facts.abort || acting->stopped_by;
      owed.emplace_back(run_tool(facts, *acting, i));
      if (is_ending && !(facts.abort && facts.abort->mode == AbortMode::after_turn && !acting->stopped_by)) {
        owed.emplace_back(event::effects::CancelTool{call.call_id});
      }
    }
  }
  if (const auto* acting = std::get_if<Acting>(&state.phase); acting != nullptr && !facts.paused) {
    for (std::size_t i = 0; i < acting->calls.size(); ++i) {
      const ToolCallProgress& call = acting->calls[i];
      if (call.stage == CallStage::preparing) owed.emplace_back(prepare_tool(facts, *acting, i));
      if (call.stage == CallStage::lost && !may_run_twice(facts.spec, call.tool)) {
        owed.emplace_back(verify_tool(facts, *acting, i));
      }
    }
  }
  if (const auto at_us = approval_deadline_us(state)) {
    owed.emplace_back(event::effects::StartTimer{TimerKind::approval, *at_us});
  }
  if (const auto* calling = std::get_if<Calling>(&state.phase)) {
    owed.emplace_back(provider_call(facts, calling->attempt));
    if (const auto at_us = turn_deadline_us(facts)) {
      owed.emplace_back(event::effects::StartTimer{TimerKind::turn, *at_us});
    }
  }
  const auto* acting_now = std::get_if<Acting>(&state.phase);
  // Once the deadline has passed, or an abort waits for the calls to end, it decides nothing any more.
  const bool has_passed = acting_now != nullptr && (acting_now->stopped_by == TimerKind::run || facts.abort);
  if (const auto* stopping = std::get_if<Stopping>(&state.phase)) {
    owed.emplace_back(event::effects::CancelProvider{stopping->attempt.number});
  } else if (const auto at_us = run_deadline_us(facts); at_us && !is_parked(state) && !has_passed) {
    owed.emplace_back(event::effects::StartTimer{TimerKind::run, *at_us});
  }
  return owed;
}

event::effects::PrepareTool prepare_tool(const Facts& facts, const Acting& acting, std::size_t index) {
  const ToolCallProgress& call = acting.calls[index];
  return {call.call_id, call.tool, call.arguments, idempotency_key(facts.identity.run_id, acting.turn, index)};
}

event::effects::RunTool run_tool(const Facts& facts, const Acting& acting, std::size_t index) {
  const ToolCallProgress& call = acting.calls[index];
  return {call.call_id,   call.tool,
          call.arguments, idempotency_key(facts.identity.run_id, acting.turn, index),
          call.attempt,   ToolPreparation{call.undo, call.targets, std::nullopt, {}}};
}

event::effects::VerifyTool verify_tool(const Facts& facts, const Acting& acting, std::size_t index) {
  const ToolCallProgress& call = acting.calls[index];
  const RunId& run_id = call.started_by.is_zero() ? facts.identity.run_id : call.started_by;
  return {call.call_id, call.tool, call.arguments, idempotency_key(run_id, acting.turn, index), call.undo};
}

std::vector<event::ContextEntry> context_after(const State& state) {
  std::vector<event::ContextEntry> history;
  if (state.facts.spec.remember) {
    history = state.facts.context;
    // The word to go on was for the broken answer alone; the text that was kept stays. What is pinned or came
    // from memory is of the run.
    std::erase_if(history, [](const event::ContextEntry& entry) {
      if (entry.source == event::ContextSource::pinned || entry.source == event::ContextSource::memory) return true;
      const auto* message = std::get_if<MessageItem>(&entry.item->value);
      return entry.source == event::ContextSource::retry && message != nullptr && message->role == Role::user;
    });
    return history;
  }
  for (const event::ContextEntry& entry : state.facts.context) {
    if (entry.source == event::ContextSource::history) history.push_back(entry);
  }
  return history;
}

}  // namespace orchestrator::harness::kernel
