// SPDX-License-Identifier: Apache-2.0
// What holds of requests to models and of their answers.
#include <algorithm>
#include <utility>

#include "event/item_value.hpp"
#include "event/journal_invariants_check.hpp"

namespace orchestrator::harness::event {
namespace {

std::string number(std::uint64_t value) { return std::to_string(value); }

// A piece of text may belong to a plain message or to a refusal; every other delta names its kind.
bool fits(ItemKind delta, ItemKind item) {
  return delta == item || (delta == ItemKind::text && item == ItemKind::refusal);
}

}  // namespace

void JournalInvariants::Check::operator()(const events::ModelSelected& event) const {
  at.require(!event.model.model.empty(), "required_fields", "ModelSelected without a model");
  const bool is_first = !at.model_ && !at.negotiation_failed_;
  at.require(is_first || at.fallback_to_ == event.model, "model_once", "a model was chosen before");
  at.model_ = event.model;
  at.fallback_to_.reset();
}

void JournalInvariants::Check::operator()(const events::NegotiationFailed& event) const {
  at.require(!event.rejected.empty(), "required_fields", "NegotiationFailed rejects no model");
  at.require(!at.model_ || !at.attempt_, "model_once", "no model fits, and an attempt is under way");
  at.negotiation_failed_ = true;
}

void JournalInvariants::Check::operator()(const events::ContextTrimmed& event) const {
  at.require(!event.policy.empty() && !event.dropped.empty(), "required_fields", "ContextTrimmed drops nothing");
  at.require(event.tokens_after <= event.tokens_before, "trim_shrinks", "the context grew by trimming");
  at.require(event.own_items <= event.dropped.size(), "trim_shrinks", "more own items dropped than items");
}

void JournalInvariants::Check::operator()(const events::ContextAssembled& event) const {
  at.require(!at.attempt_, "context_before_request", "the context changed during an attempt");
  at.require(!event.context_hash.is_zero() && event.items > 0, "required_fields", "ContextAssembled is empty");
  at.require(event.changes.size() <= event.items, "required_fields", "more items added than there are");
  at.assembled_turn_ = event.turn;
}

void JournalInvariants::Check::operator()(const events::ProviderResponded& event) const {
  if (!at.is_open(event.attempt, "ProviderResponded")) return;
  at.require(!at.attempt_->responded, "responded_once", "the attempt has headers already");
  at.require(event.headers_us == at.meta_.elapsed_us - at.attempt_->requested_us, "latencies", "headers_us is wrong");
  at.attempt_->responded = true;
}

void JournalInvariants::Check::operator()(const events::OutputDelta& e) const {
  at.check_delta(e.attempt, e.turn, e.item_id, e.offset, e.text, ItemKind::text);
}

void JournalInvariants::Check::operator()(const events::ReasoningDelta& e) const {
  at.check_delta(e.attempt, e.turn, e.item_id, e.offset, e.text, ItemKind::reasoning);
}

void JournalInvariants::Check::operator()(const events::ToolArgumentsDelta& e) const {
  at.check_delta(e.attempt, e.turn, e.item_id, e.offset, e.text, ItemKind::tool_call);
}

void JournalInvariants::Check::operator()(const events::UsageReported& event) const {
  if (!at.is_open(event.attempt, "UsageReported")) return;
  at.require(!at.attempt_->usage_reported, "usage_once", "the attempt's usage was reported before");
  at.attempt_->usage_reported = true;
  const Usage& usage = event.usage;
  const std::array counts{usage.input,  usage.cached_input, usage.cache_write,
                          usage.output, usage.reasoning,    usage.total};
  for (std::size_t i = 0; i < counts.size(); ++i) at.usage_[i].add(counts[i]);
  at.usage_invalid_ = at.usage_invalid_ || usage.invalid;
  for (const std::string& term : usage.unpriced) {
    const bool is_new = std::ranges::find(at.unpriced_, term) == at.unpriced_.end();
    if (is_new && at.unpriced_.size() < kUnpricedMax) at.unpriced_.push_back(term);
  }
  at.cost_.add(event.cost_micro_usd);
  const bool is_counted = !usage.invalid && usage.unpriced.empty() && usage.input && usage.output;
  at.require(!event.cost_micro_usd || (is_counted && event.price_table), "cost_known",
             "a cost of tokens that are not known, or by no price table");
}

void JournalInvariants::Check::operator()(const events::AttemptFinished& event) const {
  if (!at.is_open(event.attempt, "AttemptFinished")) return;
  for (const Item& item : at.attempt_->items) {
    at.require(item.done, "items_complete", "the answer ended with item " + item.item_id + " open");
  }
  at.close_attempt(true);
}

void JournalInvariants::Check::operator()(const events::AttemptFailed& event) const {
  at.check_error(event.error);
  if (!at.is_open(event.attempt, "AttemptFailed")) return;
  for (const std::string& voided : event.voided_items) {
    at.require(std::ranges::find(at.attempt_->items, voided, &Item::item_id) != at.attempt_->items.end(), "items_known",
               "item " + voided + " was voided but never seen");
  }
  if (at.attempt_->purpose == AttemptPurpose::summary) {
    at.close_attempt(false);
    return;
  }
  const bool is_silent = event.error.code == "provider_lost" && !at.tells_losses_;
  at.failure_ = Failure{event.error.code, event.error.retryable, !is_silent && !at.attempt_->items.empty()};
  at.close_attempt(false);
}

void JournalInvariants::Check::operator()(const events::RetryScheduled& event) const {
  if (!goes_on(event.next_attempt, event.turn, event.reason, event.mode)) return;
  at.require(at.failure_->is_retryable, "retry_allowed", "an attempt is made again after an error that is final");
  at.failure_->not_before_us = at.meta_.elapsed_us + event.delay_ms * 1'000;
}

void JournalInvariants::Check::operator()(const events::FallbackSelected& event) const {
  at.require(at.model_ == event.from && event.from != event.to, "model_once", "a fallback from another model");
  at.require(!at.fallback_to_, "model_once", "a fallback while another one is under way");
  at.fallback_to_ = event.to;
  at.require(!at.attempt_ && event.next_attempt == at.last_attempt_ + 1, "attempts_dense",
             "a fallback inside an attempt, or for another one than the next");
  if (at.failure_) at.failure_->is_answered = false;  // a retry that was scheduled gave way
  // Nothing need have failed: the model may be left alone for the failures of other runs.
  if (at.failure_) goes_on(event.next_attempt, event.turn, at.failure_->code, event.mode);
}

void JournalInvariants::Check::operator()(const events::CircuitOpened& event) const {
  at.require(at.model_ == event.model && !at.attempt_, "circuit", "a circuit of another model, or inside an attempt");
}

void JournalInvariants::Check::operator()(const events::CircuitClosed& event) const {
  at.require(at.model_ == event.model && at.is_probe_ && !at.attempt_, "circuit",
             "a circuit closed that no answer has tried");
  at.is_probe_ = false;
}

void JournalInvariants::Check::operator()(const events::TimeoutFired& event) const {
  if (event.timer == TimerKind::tool) at.open_call(event.call_id, "TimeoutFired");
  if (event.attempt) at.is_open(*event.attempt, "TimeoutFired");
  const bool is_run = event.timer == TimerKind::run;
  if (!is_run && event.timer != TimerKind::turn) return;
  const auto limit_ms = is_run ? at.timeouts_.run_ms : at.timeouts_.turn_ms;
  at.require(limit_ms == event.after_ms, "deadlines", "after_ms is not the limit that the run began with");
  if (!is_run && !at.require(at.attempt_.has_value(), "deadlines", "the deadline of a turn passed between turns"))
    return;
  const std::uint64_t since_us = is_run ? at.parked_us_ : at.attempt_->requested_us;
  at.require((at.meta_.elapsed_us - since_us) / 1'000 >= event.after_ms, "deadlines", "a deadline passed too early");
  at.require(!is_run || !at.paused_us_, "deadlines", "the deadline of the run passed while it was parked");
}

bool JournalInvariants::Check::goes_on(std::uint32_t next_attempt, std::uint32_t turn, const std::string& reason,
                                       RetryMode mode) const {
  if (!at.require(at.failure_ && !at.attempt_, "retry_after_failure", "another attempt, though none has failed")) {
    return false;
  }
  at.require(!at.failure_->is_answered, "retry_after_failure", "the next attempt was announced before");
  at.require(reason == at.failure_->code, "retry_after_failure", "the reason is not the error of the attempt");
  at.require(next_attempt == at.last_attempt_ + 1 && turn == at.turns_done_ + 1, "attempts_dense",
             "an announced attempt is not the next one of its turn");
  at.require(!at.abort_, "no_call_after_abort", "another attempt after an abort");
  at.require((mode == RetryMode::again) == !at.failure_->had_output, "no_silent_repeat",
             "output was seen, and the next attempt does not say what becomes of it");
  at.failure_->is_answered = true;
  at.failure_->had_output = false;  // what becomes of it has been said
  if (mode == RetryMode::continue_answer) at.kept_output_ = at.partial_output_;
  if (mode == RetryMode::restart) at.partial_output_ = at.kept_output_;
  return true;
}

void JournalInvariants::Check::request(const events::ProviderRequested& event) const {
  at.require(at.model_ == event.model, "model_once", "a request to another model than the chosen one");
  if (at.failure_) {
    const bool is_silent = at.failure_->code == "provider_lost" && !at.tells_losses_;
    at.require(at.failure_->is_answered || is_silent, "retry_after_failure",
               "an attempt after a failure that was not announced");
    at.require(at.meta_.elapsed_us >= at.failure_->not_before_us, "retry_delay", "an attempt before its wait was over");
  }
  const bool is_summary = event.purpose == AttemptPurpose::summary;
  if (!is_summary) at.failure_.reset();
  at.require(!at.negotiation_failed_, "model_once", "an attempt after no model was found to fit");
  at.is_probe_ = event.is_probe;
  at.require(!at.attempt_, "attempt_ended_once", "attempt " + number(event.attempt) + " began inside another");
  at.require(event.attempt == at.last_attempt_ + 1, "attempts_dense",
             "attempt " + number(event.attempt) + " after " + number(at.last_attempt_));
  at.require(event.turn == at.turns_done_ + 1, "turns_dense",
             "turn " + number(event.turn) + " after " + number(at.turns_done_) + " finished ones");
  at.require(at.model_.has_value(), "model_once", "a request before a model was chosen");
  at.require(is_summary || at.assembled_turn_ == event.turn, "context_before_request",
             "no context was assembled for this turn");
  at.require(!event.request_hash.is_zero(), "required_fields", "ProviderRequested without request_hash");
  at.require(at.meta_.parent_span_id == at.first_->span_id, "spans", "an attempt's span is not a child of the run's");
  at.require(!at.abort_ || at.abort_->mode != AbortMode::now, "no_call_after_abort", "a call after an abort");
  at.require(!at.paused_us_, "no_call_while_paused", "a call while paused");
  at.require(at.calls_.empty() && at.calls_due_.empty(), "call_finished_once", "a request while a call has no result");
  at.require(std::ranges::all_of(at.delivered_for_, [&](std::uint32_t turn) { return turn == event.turn; }),
             "hint_delivered_turn", "a hint was delivered into another turn");
  if (at.last_attempt_ == 0) at.queue_us_ = event.queue_us;
  at.last_attempt_ = event.attempt;
  if (!is_summary) {
    at.delivered_for_.clear();
    at.assembled_turn_.reset();
    at.partial_output_ = at.kept_output_;
  }
  OpenAttempt attempt;
  attempt.purpose = event.purpose;
  attempt.number = event.attempt;
  attempt.turn = event.turn;
  attempt.requested_us = at.meta_.elapsed_us;
  attempt.span = at.meta_.span_id;
  at.attempt_ = std::move(attempt);
}

void JournalInvariants::Check::complete_item(const events::OutputItemCompleted& event) const {
  Item* item = at.delta_item(event.attempt, event.turn, event.item_id);
  if (item == nullptr) return;
  const std::string value = value_of(event.item);
  at.require(event.kind == kind_of(event.item), "item_kind", "the kind is not that of the item");
  if (item->text.empty()) {
    item->text = value;
  } else {
    at.require(fits(item->kind, event.kind), "item_kind", "item " + event.item_id + " had deltas of another kind");
    at.require(item->text == value, "deltas_add_up", "the deltas of item " + event.item_id + " are not its value");
  }
  item->kind = event.kind;
  item->done = true;
  if (const auto* call = std::get_if<ToolCallItem>(&event.item.value)) at.attempt_->call_ids.push_back(call->call_id);
}

bool JournalInvariants::is_open(std::uint32_t attempt, std::string_view type) {
  if (attempt_ && attempt_->number == attempt) return true;
  report("attempt_open", std::string(type) + " of attempt " + number(attempt) + ", which is not under way");
  return false;
}

JournalInvariants::Item* JournalInvariants::delta_item(std::uint32_t attempt, std::uint32_t turn,
                                                       const std::string& item_id) {
  if (!is_open(attempt, "output")) return nullptr;
  require(attempt_->purpose == AttemptPurpose::answer, "summary_apart", "output of an attempt that makes a summary");
  if (turn != attempt_->turn) report("turns_dense", "output of turn " + number(turn) + " in another turn");
  require(!attempt_->usage_reported, "usage_once", "output after the attempt's usage");
  require(!item_id.empty(), "required_fields", "output without an item id");
  auto found = std::ranges::find(attempt_->items, item_id, &Item::item_id);
  if (found == attempt_->items.end()) return &attempt_->items.emplace_back(Item{item_id, ItemKind::other, {}, false});
  if (found->done) report("item_done_once", "item " + item_id + " has ended already");
  return &*found;
}

void JournalInvariants::check_delta(std::uint32_t attempt, std::uint32_t turn, const std::string& item_id,
                                    std::uint64_t offset, const std::string& text, ItemKind kind) {
  Item* item = delta_item(attempt, turn, item_id);
  if (item == nullptr) return;
  require(!text.empty(), "required_fields", "a delta without text");
  if (offset != item->text.size()) {
    report("offsets_dense", "offset " + number(offset) + " where " + number(item->text.size()) + " should be");
  }
  if (!item->text.empty() && item->kind != kind) {
    report("item_kind", "item " + item_id + " had deltas of another kind");
  }
  item->kind = kind;
  item->text += text;
}

void JournalInvariants::close_attempt(bool has_finished) {
  require(attempt_->usage_reported, "usage_once", "the attempt ended without a report of its usage");
  std::string visible;
  for (const Item& item : attempt_->items) {
    if (is_visible(item.kind)) visible += item.text;
  }
  model_us_ += meta_.elapsed_us - attempt_->requested_us;
  if (attempt_->purpose == AttemptPurpose::summary) {
    attempt_.reset();
    return;
  }
  if (has_finished) {
    last_output_ = std::exchange(kept_output_, {}) + visible;
    partial_output_.clear();
    turns_done_ = attempt_->turn;
    calls_due_ = std::move(attempt_->call_ids);
  } else {
    partial_output_ = kept_output_ + visible;
  }
  attempt_.reset();
}

}  // namespace orchestrator::harness::event
