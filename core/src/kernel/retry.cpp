// SPDX-License-Identifier: Apache-2.0
#include "kernel/retry.hpp"

#include <algorithm>
#include <string>
#include <utility>

#include "event/item_value.hpp"
#include "kernel/behaviours.hpp"
#include "kernel/money.hpp"
#include "kernel/negotiation.hpp"
#include "kernel/tool_loop.hpp"

namespace orchestrator::harness::kernel {
namespace {

constexpr std::uint64_t kUsPerMs = 1'000;

// What was seen of an attempt, and so how another one follows it.
RetryMode mode_after(const RetryPolicy& policy, const Attempt& attempt) {
  if (attempt.items.empty()) return RetryMode::again;
  const bool is_text = std::ranges::all_of(attempt.items, [](const ItemProgress& item) {
    return item.kind == ItemKind::text || item.kind == ItemKind::reasoning;
  });
  const bool continues = policy.after_output == AfterOutput::continue_answer;
  return continues && is_text && !visible_text(attempt).empty() ? RetryMode::continue_answer : RetryMode::restart;
}

// Full jitter: anything from 0 to the bound, which doubles with every attempt.
std::uint64_t backoff_ms(const events::RunStarted& spec, std::uint32_t attempts, std::uint32_t next_attempt) {
  const RetryPolicy& policy = spec.retries;
  const std::uint32_t doublings = std::min(attempts > 0 ? attempts - 1 : 0, 31U);
  const std::uint64_t bound = std::min(std::uint64_t{policy.delay_ms} << doublings, std::uint64_t{policy.delay_max_ms});
  return retry_draw(spec, next_attempt) % (bound + 1);
}

TryAgain again(const Facts& facts, const Attempt& attempt, const std::optional<RetryAdvice>& advice, RetryMode mode) {
  TryAgain remedy{backoff_ms(facts.spec, facts.turn_attempts, attempt.number + 1), RetryAfter::none, mode};
  if (!advice || !advice->after_ms) return remedy;
  const std::uint64_t most = facts.spec.retries.retry_after_max_ms;
  remedy.retry_after = advice->is_cut || *advice->after_ms > most ? RetryAfter::cut : RetryAfter::honoured;
  // On top of what was asked for, so that runs which were told the same do not come back together.
  remedy.delay_ms += std::min(*advice->after_ms, most);
  return remedy;
}

// A model that refuses what was asked would be refused by the next one, too; everything else may be the provider's.
bool may_fall_back(const Error& error) {
  return error.category == ErrorCategory::provider && error.next_action != NextAction::fix_request &&
         error.next_action != NextAction::none;
}

// The model after the present one that fits, or why none does. Neither: there is none after it.
std::variant<GiveUp, events::ModelSelected> next_model(const Facts& facts, const std::string& reason) {
  if (!facts.model) return GiveUp{};
  NegotiationBase base;
  base.first = plan_index(facts.spec, facts.model->model) + 1;
  base.request_tokens = request_tokens(facts);
  base.spent_micro_usd = facts.spent_micro_usd;
  base.rejected = {{facts.model->model, {reason}}};
  auto choice = negotiate(facts.spec, std::move(base));
  if (auto* selected = std::get_if<events::ModelSelected>(&choice)) return std::move(*selected);
  auto& failed = std::get<events::NegotiationFailed>(choice);
  const bool is_told = failed.rejected.size() > 1 && has_behaviour(facts.spec, Behaviour::told_remedies);
  return is_told ? GiveUp{std::move(failed)} : GiveUp{};
}

void give_up(Decider& decider, const GiveUp& remedy, const Error& error) {
  if (remedy.unfit) decider.emit(events::NegotiationFailed(*remedy.unfit));
  decider.end_with_error(error);
}

void fall_back(Decider& decider, const events::ModelSelected& to, RetryMode mode, const std::string& reason) {
  const Waiting waiting = std::get<Waiting>(decider.state().phase);
  events::FallbackSelected fallback;
  fallback.next_attempt = waiting.next_attempt;
  fallback.turn = waiting.next_turn;
  fallback.from = decider.facts().model->model;
  fallback.to = to.model;
  fallback.reason = reason;
  fallback.mode = mode;
  decider.emit(std::move(fallback));
  decider.emit(events::ModelSelected(to));
  advance(decider);
}

// The slot that was asked for is not given: another model, or the end.
void go_without(Decider& decider, const std::string& reason, const Error& error) {
  const auto next = next_model(decider.facts(), reason);
  if (const auto* to = std::get_if<events::ModelSelected>(&next)) {
    fall_back(decider, *to, RetryMode::again, error.code);
  } else {
    give_up(decider, std::get<GiveUp>(next), error);
  }
}

}  // namespace

Remedy remedy_for(const Facts& facts, const Attempt& attempt, const Error& error,
                  const std::optional<RetryAdvice>& advice, std::uint64_t now_us) {
  const bool is_ours = error.category == ErrorCategory::provider && !is_of_first_rules(facts.spec);
  if (!is_ours || facts.abort || is_journal_full(facts)) return GiveUp{};
  if (!attempt.items.empty() && facts.spec.retries.after_output == AfterOutput::fail) return GiveUp{};
  const RetryMode mode = mode_after(facts.spec.retries, attempt);
  const bool is_advised = !advice || advice->may_retry.value_or(true);
  if (error.retryable && is_advised && facts.turn_attempts < facts.spec.retries.attempts_max) {
    const TryAgain remedy = again(facts, attempt, advice, mode);
    const auto deadline_us = run_deadline_us(facts);
    // A wait that the run's own deadline would end helps nobody. Time that the run is parked does not count.
    const std::uint64_t counted_us = facts.parked_since_us.value_or(now_us) + remedy.delay_ms * kUsPerMs;
    if (!deadline_us || counted_us < *deadline_us) return remedy;
  }
  if (!may_fall_back(error)) return GiveUp{};
  auto next = next_model(facts, "failed:" + error.code);
  if (auto* to = std::get_if<events::ModelSelected>(&next)) return FallBack{std::move(*to), mode};
  return std::get<GiveUp>(std::move(next));
}

Remedy remedy_for_loss(const Facts& facts, const Attempt& attempt) {
  if (facts.abort || !has_behaviour(facts.spec, Behaviour::told_remedies)) return GiveUp{};
  return TryAgain{0, RetryAfter::none, mode_after(facts.spec.retries, attempt)};
}

std::vector<std::string> voided_items(const Attempt& attempt, const Remedy& remedy) {
  const auto* retry = std::get_if<TryAgain>(&remedy);
  const auto* fallback = std::get_if<FallBack>(&remedy);
  const bool keeps_text = (retry != nullptr && retry->mode == RetryMode::continue_answer) ||
                          (fallback != nullptr && fallback->mode == RetryMode::continue_answer);
  std::vector<std::string> voided;
  for (const ItemProgress& item : attempt.items) {
    if (!keeps_text || !event::is_visible(item.kind)) voided.push_back(item.item_id);
  }
  return voided;
}

void apply(Decider& decider, const Remedy& remedy, const Error& error) {
  if (const auto* end = std::get_if<GiveUp>(&remedy)) {
    give_up(decider, *end, error);
    return;
  }
  if (const auto* to = std::get_if<FallBack>(&remedy)) {
    fall_back(decider, to->to, to->mode, error.code);
    return;
  }
  const auto& retry = std::get<TryAgain>(remedy);
  const Waiting waiting = std::get<Waiting>(decider.state().phase);
  decider.emit(events::RetryScheduled{waiting.next_attempt, waiting.next_turn, error.code, retry.delay_ms,
                                      retry.retry_after, retry.mode});
  advance(decider);
}

void on_slot_refused(Decider& decider, const event::inputs::SlotRefused& input) {
  const auto* waiting = std::get_if<Waiting>(&decider.base().phase);
  if (waiting == nullptr || waiting->next_attempt != input.attempt || decider.base().facts.paused) return;
  const Facts& facts = decider.base().facts;
  const std::optional<Error> failure = waiting->failure;
  if (input.reason == event::inputs::SlotRefusal::retry_budget) {
    const Error unknown = RuntimeError{RuntimeErrorCode::internal, "an attempt was refused that is none", "slot", {}};
    Error error = failure.value_or(unknown);
    error.cause.push_back({"retry_budget", "the harness has tried again too often of late"});
    go_without(decider, "failed:" + error.code, error);
    return;
  }
  decider.emit(events::CircuitOpened{facts.model->model, input.open_ms});
  ProviderError error{
      ProviderErrorCode::provider_circuit_open,
      facts.model->model.str() + " kept failing and is left alone for another " + std::to_string(input.open_ms) + " ms",
      facts.model->model.str(),
      {}};
  if (failure) error.cause.push_back({failure->code, failure->message});
  go_without(decider, "circuit_open", error);
}

}  // namespace orchestrator::harness::kernel
