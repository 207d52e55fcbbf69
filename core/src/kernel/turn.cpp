// SPDX-License-Identifier: Apache-2.0
// A turn: assembling its context, making its request, and what comes after its answer.
#include <algorithm>

#include "event/canonical_event.hpp"
#include "event/field_encoder.hpp"
#include "event/hash_chain.hpp"
#include "kernel/compaction.hpp"
#include "kernel/context_source.hpp"
#include "kernel/decider.hpp"
#include "kernel/earlier_shapes.hpp"
#include "kernel/history_trim.hpp"
#include "kernel/money.hpp"
#include "kernel/run_memory.hpp"
#include "kernel/summary_call.hpp"

namespace orchestrator::harness::kernel {
namespace {

// The hash of the request in its provider-neutral form.
Hash request_hash(const Facts& facts, const event::effects::CallProvider& call, const Hash& context) {
  std::string bytes;
  event::append_value(bytes, call.model);
  const bool is_answer = call.purpose == AttemptPurpose::answer;
  event::append_value(bytes, is_answer ? facts.spec.system : std::string());
  event::append_value(bytes, call.settings);
  if (is_answer) {
    append_hashed_tools(bytes, facts.spec);
  } else {
    event::append_value(bytes, std::vector<ToolSpec>());
  }
  event::append_value(bytes, context);
  return sha256(bytes);
}

void drop_expired_hints(Decider& decider) {
  const std::vector<QueuedHint> hints = decider.facts().hints;
  for (const QueuedHint& hint : hints) {
    if (hint.expires_us && *hint.expires_us <= decider.now_us()) {
      decider.emit(events::HintDropped{hint.hint_id, "expired"});
    }
  }
}

void deliver_hints(Decider& decider, std::uint32_t turn) {
  // A first turn or one after tool results takes urgent hints only; a turn that opens because the last answer was
  // final takes them all.
  const auto& waiting = std::get<Waiting>(decider.state().phase);
  const bool takes_all = waiting.answer.has_value() && !waiting.calls_answered;
  const std::vector<QueuedHint> hints = decider.facts().hints;
  for (const QueuedHint& hint : hints) {
    if (takes_all || hint.priority == HintPriority::asap) {
      const auto entry = event::make_context_entry(user_text(hint.text), event::ContextSource::hint);
      decider.emit(events::HintDelivered{hint.hint_id, turn, entry.hash});
    }
  }
}

events::ContextAssembled assembled(const Facts& facts, std::uint32_t turn) {
  events::ContextAssembled event;
  event.turn = turn;
  event.items = facts.context.size();
  std::size_t pins = 0;  // they stand first, in the order of the policy
  for (const event::ContextEntry& entry : facts.context) {
    const bool is_pinned = entry.source == event::ContextSource::pinned;
    const std::string reason = is_pinned ? facts.spec.context.pinned[pins++].name : "";
    if (entry.is_listed) continue;
    const ContextVerdict verdict = is_pinned ? ContextVerdict::pinned : ContextVerdict::kept;
    event.changes.push_back({entry.hash, name_of(entry.source), entry.tokens, verdict, reason});
  }
  event.tokens_estimate = total_tokens(facts.context);
  event.tokens_budget = context_tokens_max(facts.spec);
  event.context_hash = event::context_hash(facts.context);
  return event;
}

std::uint32_t turns_max(const Facts& facts) {
  return std::min(facts.spec.budgets.turns.value_or(facts.spec.limits.turns), facts.spec.limits.turns);
}

bool wants_more(const Facts& facts, const Waiting& waiting, std::uint64_t now_us) {
  const bool live_hint = std::ranges::any_of(
      facts.hints, [&](const QueuedHint& hint) { return !hint.expires_us || *hint.expires_us > now_us; });
  return live_hint || !is_last_word(waiting);
}

// With the hints that wait.
std::uint64_t next_request_tokens(const Facts& facts) {
  std::uint64_t tokens = request_tokens(facts);
  for (const QueuedHint& hint : facts.hints) tokens += event::estimate_tokens(user_text(hint.text));
  return tokens;
}

RuntimeError over_budget(const Facts& facts, const Allowance& allowed) {
  const std::uint64_t budget = facts.spec.budgets.cost_micro_usd.value_or(0);
  return {RuntimeErrorCode::budget_exceeded,
          "the next call may cost " + std::to_string(allowed.least_micro_usd) +
              " micro-USD even with a short answer; of " + std::to_string(budget) + " the run has spent up to " +
              std::to_string(facts.spent_micro_usd),
          "budgets.cost_micro_usd",
          {}};
}

// Makes the request of an attempt: of an answer, or of a summary.
void request(Decider& decider, const Attempt& attempt, bool is_probe, std::uint64_t queued_us) {
  auto call = provider_call(decider.facts(), attempt);
  events::ProviderRequested requested;
  requested.attempt = attempt.number;
  requested.turn = attempt.turn;
  requested.model = call.model;
  requested.request_hash = request_hash(decider.facts(), call, event::context_hash(call.context));
  requested.queue_us = queued_us;
  requested.max_output_tokens = attempt.max_output_tokens;
  requested.is_probe = is_probe;
  requested.purpose = attempt.purpose;
  decider.emit_in_attempt(attempt.number, std::move(requested));
  decider.effect(std::move(call));
  if (const auto at_us = turn_deadline_us(decider.facts())) {
    decider.effect(event::effects::StartTimer{TimerKind::turn, *at_us});
  }
}

// Takes out of the context what has no room; what a model has written of it stands in its place.
void compact(Decider& decider) {
  for (const auto compact : {compact_turns, compact_tokens}) {
    const Facts& facts = decider.facts();
    const Written written = facts.summary ? Written{facts.summary->text, facts.summary->covers} : Written{};
    auto trimmed = compact(facts.context, facts.spec, written);
    if (!trimmed) continue;
    if (facts.summary && trimmed->summary) trimmed->cost_micro_usd = facts.summary->cost_micro_usd;
    decider.emit(*std::move(trimmed));
  }
}

// A run that leaves a memory waits until it is stored.
void complete(Decider& decider, FinishReason answer) {
  if (decider.facts().spec.memory.keep_run) drop_expired_hints(decider);
  if (is_keeping(decider.state())) {
    decider.effect(store_memory(decider.facts(), std::get<Waiting>(decider.state().phase)));
    return;
  }
  const bool ends_as_is = answer != FinishReason::tool_calls && answer != FinishReason::pause;
  decider.end_completed(ends_as_is ? answer : FinishReason::stop);
}

}  // namespace

void on_slot_granted(Decider& decider, const event::inputs::SlotGranted& input) {
  const auto* waiting = std::get_if<Waiting>(&decider.base().phase);
  const Facts& before = decider.base().facts;
  if (waiting == nullptr || waiting->next_attempt != input.attempt || before.paused) return;
  if (before.judges_input || before.recalls) return;
  const std::uint32_t turn = waiting->next_turn;
  const std::uint64_t queued_us =
      decider.now_us() - std::min(decider.now_us(), std::max(waiting->since_us, waiting->not_before_us));

  drop_expired_hints(decider);
  if (waiting->answer && !wants_more(decider.facts(), *waiting, decider.now_us())) {
    // The hint that this turn was for has expired in the queue.
    decider.effect(event::effects::ReleaseSlot{input.attempt});
    complete(decider, *waiting->answer);
    return;
  }
  const Allowance allowed = allowance(decider.facts(), next_request_tokens(decider.facts()));
  if (!allowed.fits) {
    decider.effect(event::effects::ReleaseSlot{input.attempt});
    decider.end_with_error(over_budget(decider.facts(), allowed));
    return;
  }
  Attempt attempt;
  attempt.number = input.attempt;
  attempt.turn = turn;
  attempt.max_output_tokens = allowed.max_output_tokens;
  if (wants_summary(decider.facts(), *waiting, next_request_tokens(decider.facts()))) {
    attempt.purpose = AttemptPurpose::summary;
    attempt.going = going_to_summary(decider.facts());
    attempt.max_output_tokens = summary_output_tokens(decider.facts());
    request(decider, attempt, input.is_probe, queued_us);
    return;
  }
  deliver_hints(decider, turn);
  compact(decider);
  decider.emit_in_attempt(input.attempt, assembled(decider.facts(), turn));
  request(decider, attempt, input.is_probe, queued_us);
}

void advance(Decider& decider) {
  const Waiting waiting = std::get<Waiting>(decider.state().phase);
  const Facts& facts = decider.facts();
  if (facts.abort) {  // a paused run ends too: nothing is left that could be resumed
    decider.end_aborted(events::AbortRequested(*facts.abort));
    return;
  }
  if (facts.paused || facts.judges_input || facts.recalls) return;
  if (facts.malformed_turns > facts.spec.tool_policy.repairs_max) {
    decider.end_with_error(
        ToolError{ToolErrorCode::tool_args_invalid,
                  "the model made only malformed calls in " + std::to_string(facts.malformed_turns) + " turns in a row",
                  "tool_policy.repairs_max",
                  {}});
    return;
  }
  if (waiting.answer && !wants_more(facts, waiting, decider.now_us())) {
    complete(decider, *waiting.answer);
    return;
  }
  if (waiting.answer && waiting.next_turn > turns_max(facts)) {
    decider.end_completed(FinishReason::tool_limit);
    return;
  }
  if (facts.spec.budgets.tokens && facts.usage.tokens_known() >= *facts.spec.budgets.tokens) {
    decider.end_with_error(RuntimeError{RuntimeErrorCode::budget_exceeded,
                                        "the run has used " + std::to_string(facts.usage.tokens_known()) +
                                            " tokens, its budget is " + std::to_string(*facts.spec.budgets.tokens),
                                        "budgets.tokens",
                                        {}});
    return;
  }
  decider.effect(acquire_slot(facts, waiting));
}

}  // namespace orchestrator::harness::kernel
