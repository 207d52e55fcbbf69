// SPDX-License-Identifier: Apache-2.0
#include "event/journal_invariants.hpp"

#include <algorithm>
#include <utility>

#include "event/item_value.hpp"

namespace orchestrator::harness::event {
namespace {

std::string number(std::uint64_t value) { return std::to_string(value); }

// A piece of text may belong to a plain message or to a refusal; every other delta names its kind.
bool fits(ItemKind delta, ItemKind item) {
  return delta == item || (delta == ItemKind::text && item == ItemKind::refusal);
}

}  // namespace

std::string Violation::str() const { return "event " + number(seq) + ": " + invariant + ": " + what; }

void JournalInvariants::Sum::add(const std::optional<std::uint64_t>& more) {
  is_used = true;
  is_known = is_known && more.has_value();
  value += more.value_or(0);
}

std::optional<std::uint64_t> JournalInvariants::Sum::total() const {
  return is_used && is_known ? std::optional(value) : std::nullopt;
}

void JournalInvariants::report(std::string_view invariant, std::string what) {
  if (violations_.size() < kViolationsMax) {
    violations_.push_back({meta_.seq, std::string(invariant), std::move(what)});
  }
}

bool JournalInvariants::require(bool holds, std::string_view invariant, std::string_view what) {
  if (!holds) report(invariant, std::string(what));
  return holds;
}

// What a payload must satisfy in this place of the journal, and what it changes for the ones after it.
struct JournalInvariants::Check {
  JournalInvariants& at;

  void operator()(const events::RunStarted& event) const {
    at.require(at.seen_ == 1, "run_started_first", "RunStarted is not the first event");
    at.require(!event.input.empty(), "required_fields", "RunStarted without input");
    at.require(!event.model_plan.primary.model.empty(), "required_fields", "RunStarted without a model");
    at.require(std::ranges::is_sorted(event.behaviours), "required_fields", "behaviours are not ascending");
    at.require(at.meta_.elapsed_us == 0, "elapsed_monotonic", "RunStarted is not at 0");
    at.timeouts_ = event.timeouts;
    at.calls_at_once_ = event.tool_policy.calls_at_once;
    at.tells_losses_ = std::ranges::find(event.behaviours, 3U) != event.behaviours.end();
  }
  void operator()(const events::ModelSelected& event) const {
    at.require(!event.model.model.empty(), "required_fields", "ModelSelected without a model");
    const bool is_first = !at.model_ && !at.negotiation_failed_;
    at.require(is_first || at.fallback_to_ == event.model, "model_once", "a model was chosen before");
    at.model_ = event.model;
    at.fallback_to_.reset();
  }
  void operator()(const events::NegotiationFailed& event) const {
    at.require(!event.rejected.empty(), "required_fields", "NegotiationFailed rejects no model");
    at.require(!at.model_ || !at.attempt_, "model_once", "no model fits, and an attempt is under way");
    at.negotiation_failed_ = true;
  }
  void operator()(const events::ContextTrimmed& event) const {
    at.require(!event.policy.empty() && !event.dropped.empty(), "required_fields", "ContextTrimmed drops nothing");
    at.require(event.tokens_after <= event.tokens_before, "trim_shrinks", "the context grew by trimming");
    at.require(event.own_items <= event.dropped.size(), "trim_shrinks", "more own items dropped than items");
  }
  void operator()(const events::ContextSummarised& event) const { at.is_open(event.attempt, "ContextSummarised"); }
  void operator()(const events::MemoryRetrieved& event) const { see_side_call(event.cost_micro_usd, event.error); }
  void operator()(const events::MemoryStored& event) const { see_side_call(event.cost_micro_usd, event.error); }
  void operator()(const events::LoopSuspected&) const {}
  void operator()(const events::GateEvaluated& event) const { see_side_call(event.cost_micro_usd, event.error); }
  void operator()(const events::RedactionApplied& event) const {
    at.require(
        !event.counts.empty() && std::ranges::all_of(event.counts, [](const auto& one) { return one.count > 0; }),
        "required_fields", "RedactionApplied counts nothing");
  }
  void operator()(const events::ContextAssembled& event) const {
    at.require(!at.attempt_, "context_before_request", "the context changed during an attempt");
    at.require(!event.context_hash.is_zero() && event.items > 0, "required_fields", "ContextAssembled is empty");
    at.require(event.changes.size() <= event.items, "required_fields", "more items added than there are");
    at.assembled_turn_ = event.turn;
  }
  void operator()(const events::ProviderRequested& event) const { request(event); }
  void operator()(const events::ProviderResponded& event) const {
    if (!at.is_open(event.attempt, "ProviderResponded")) return;
    at.require(!at.attempt_->responded, "responded_once", "the attempt has headers already");
    at.require(event.headers_us == at.meta_.elapsed_us - at.attempt_->requested_us, "latencies", "headers_us is wrong");
    at.attempt_->responded = true;
  }
  void operator()(const events::OutputDelta& e) const {
    at.check_delta(e.attempt, e.turn, e.item_id, e.offset, e.text, ItemKind::text);
  }
  void operator()(const events::ReasoningDelta& e) const {
    at.check_delta(e.attempt, e.turn, e.item_id, e.offset, e.text, ItemKind::reasoning);
  }
  void operator()(const events::ToolArgumentsDelta& e) const {
    at.check_delta(e.attempt, e.turn, e.item_id, e.offset, e.text, ItemKind::tool_call);
  }
  void operator()(const events::OutputItemCompleted& event) const { complete_item(event); }
  void operator()(const events::UsageReported& event) const {
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
  void operator()(const events::AttemptFinished& event) const {
    if (!at.is_open(event.attempt, "AttemptFinished")) return;
    for (const Item& item : at.attempt_->items) {
      at.require(item.done, "items_complete", "the answer ended with item " + item.item_id + " open");
    }
    at.close_attempt(true);
  }
  void operator()(const events::AttemptFailed& event) const {
    at.check_error(event.error);
    if (!at.is_open(event.attempt, "AttemptFailed")) return;
    for (const std::string& voided : event.voided_items) {
      at.require(std::ranges::find(at.attempt_->items, voided, &Item::item_id) != at.attempt_->items.end(),
                 "items_known", "item " + voided + " was voided but never seen");
    }
    if (at.attempt_->purpose == AttemptPurpose::summary) {
      at.close_attempt(false);
      return;
    }
    const bool is_silent = event.error.code == "provider_lost" && !at.tells_losses_;
    at.failure_ = Failure{event.error.code, event.error.retryable, !is_silent && !at.attempt_->items.empty()};
    at.close_attempt(false);
  }
  void operator()(const events::RetryScheduled& event) const {
    if (!goes_on(event.next_attempt, event.turn, event.reason, event.mode)) return;
    at.require(at.failure_->is_retryable, "retry_allowed", "an attempt is made again after an error that is final");
    at.failure_->not_before_us = at.meta_.elapsed_us + event.delay_ms * 1'000;
  }
  void operator()(const events::FallbackSelected& event) const {
    at.require(at.model_ == event.from && event.from != event.to, "model_once", "a fallback from another model");
    at.require(!at.fallback_to_, "model_once", "a fallback while another one is under way");
    at.fallback_to_ = event.to;
    at.require(!at.attempt_ && event.next_attempt == at.last_attempt_ + 1, "attempts_dense",
               "a fallback inside an attempt, or for another one than the next");
    if (at.failure_) at.failure_->is_answered = false;  // a retry that was scheduled gave way
    // Nothing need have failed: the model may be left alone for the failures of other runs.
    if (at.failure_) goes_on(event.next_attempt, event.turn, at.failure_->code, event.mode);
  }
  void operator()(const events::CircuitOpened& event) const {
    at.require(at.model_ == event.model && !at.attempt_, "circuit", "a circuit of another model, or inside an attempt");
  }
  void operator()(const events::CircuitClosed& event) const {
    at.require(at.model_ == event.model && at.is_probe_ && !at.attempt_, "circuit",
               "a circuit closed that no answer has tried");
    at.is_probe_ = false;
  }
  void operator()(const events::TimeoutFired& event) const {
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
  void operator()(const events::ToolCallRequested& event) const {
    at.require(!event.call_id.empty(), "required_fields", "ToolCallRequested without an id");
    at.require(!at.attempt_, "calls_after_answer", "a call was requested during an attempt");
    at.require(at.calls_.size() < at.calls_at_once_, "calls_serial",
               "a call was requested while as many are open as may be");
    at.require(event.turn == at.turns_done_, "turns_dense", "the call is not of the turn that ended last");
    if (at.require(!at.calls_due_.empty() && at.calls_due_.front() == event.call_id, "call_requested_once",
                   "call " + event.call_id + " is not the next one of the answer")) {
      at.calls_due_.erase(at.calls_due_.begin());
    }
    const bool may_run_twice = event.effect_class == EffectClass::pure || event.effect_class == EffectClass::idempotent;
    at.calls_[event.call_id] = {at.meta_.span_id, 0, false, {}, may_run_twice};
  }
  void operator()(const events::ToolCallStarted& event) const {
    OpenCall* call = at.open_call(event.call_id, "ToolCallStarted");
    if (call == nullptr) return;
    at.require(!call->is_running && event.attempt == call->attempts + 1, "call_started_once",
               "call " + event.call_id + " runs already, or an attempt of it was left out");
    at.require(!event.idempotency_key.empty() && (call->key.empty() || call->key == event.idempotency_key),
               "idempotency_key", "call " + event.call_id + " has no key, or another one than before");
    at.require(!at.abort_, "no_effect_after_abort", "a call started after an abort was requested");
    at.require(!at.paused_us_, "no_call_while_paused", "a call started while paused");
    for (const auto& [id, call_id] : at.asked_) {
      at.require(call_id != event.call_id, "asked_before_start", "a call started before its question was answered");
    }
    call->attempts = event.attempt;
    call->is_running = true;
    call->key = event.idempotency_key;
  }
  void operator()(const events::InterruptRaised& event) const {
    const OpenCall* call = at.open_call(event.call_id, "InterruptRaised");
    if (call == nullptr) return;
    const bool is_approval = event.kind == InterruptKind::approval;
    at.require(!call->is_running && (call->attempts == 0) == is_approval, "asked_before_start",
               "an approval is asked before the call, a clarification after its process is gone");
    at.require(!event.interrupt_id.is_zero() && !event.tool.empty(), "required_fields", "InterruptRaised without id");
    at.require(event.shown_hash == sha256(event.shown), "required_fields", "shown_hash is not that of what is shown");
    at.require(at.asked_.emplace(event.interrupt_id, event.call_id).second, "interrupt_resolved_once",
               "interrupt " + event.interrupt_id.str() + " was raised before");
  }
  void operator()(const events::InterruptResolved& event) const {
    at.require(at.asked_.erase(event.interrupt_id) == 1, "interrupt_resolved_once",
               "interrupt " + event.interrupt_id.str() + " is not open");
    at.require(!event.by.empty(), "required_fields", "InterruptResolved does not say by whom");
  }
  void operator()(const events::ToolCallFinished& event) const {
    if (const OpenCall* call = at.open_call(event.call_id, "ToolCallFinished")) {
      const bool ran = event.outcome == ToolOutcome::ok || event.outcome == ToolOutcome::unknown;
      const bool is_told = std::ranges::find(at.substituted_, event.call_id) != at.substituted_.end();
      at.require(!ran || call->attempts > 0 || is_told, "call_started_once",
                 "call " + event.call_id + " has the outcome of a call that ran, and never started");
      for (const auto& [id, call_id] : at.asked_) {
        at.require(call_id != event.call_id, "interrupt_resolved_once", "a call ended with its question open");
      }
    }
    at.calls_.erase(event.call_id);
    at.tool_us_ += event.latency_us;
    at.require(event.error.has_value() == (event.outcome != ToolOutcome::ok), "required_fields",
               "a call has an error exactly when it is not ok");
    if (event.error) at.check_error(*event.error);
  }
  void operator()(const events::HintQueued& event) const {
    at.require(!event.hint_id.is_zero() && !event.text.empty(), "required_fields", "HintQueued without id or text");
    at.require(at.hints_.emplace(event.hint_id, false).second, "hint_queued_once",
               "hint " + event.hint_id.str() + " was queued before");
  }
  void operator()(const events::HintDelivered& event) const {
    end_hint(event.hint_id);
    at.require(!event.item.is_zero(), "required_fields", "HintDelivered without its item");
    at.delivered_for_.push_back(event.turn);
  }
  void operator()(const events::HintDropped& event) const {
    end_hint(event.hint_id);
    at.require(!event.reason.empty(), "required_fields", "HintDropped without a reason");
  }
  void operator()(const events::CheckpointCreated& event) const {
    at.require(!event.label.empty(), "required_fields", "CheckpointCreated without a label");
  }
  // `DerivedInvariants` has what holds of these.
  void operator()(const events::RunForked& event) const {
    for (const SubstitutedResult& result : event.results) at.substituted_.push_back(result.call_id);
  }
  void operator()(const events::ReplayStarted&) const {}
  void operator()(const events::ReplayMatched&) const {}
  void operator()(const events::ReplayDiverged&) const {}
  void operator()(const events::ReplayTokenIssued&) const {}
  void operator()(const events::UndoPlanned&) const {}
  void operator()(const events::CompensationStarted&) const {}
  void operator()(const events::CompensationFinished& event) const {
    at.tool_us_ += event.latency_us;
    if (event.error) at.check_error(*event.error);
  }
  void operator()(const events::AbortRequested& event) const {
    at.require(!at.abort_ || (at.abort_->mode == AbortMode::after_turn && event.mode == AbortMode::now),
               "abort_escalates", "an abort of the same or a stronger mode was requested before");
    at.abort_ = event;
  }
  void operator()(const events::RunPaused&) const {
    at.require(!at.paused_us_, "pause_alternates", "the run is paused already");
    at.paused_us_ = at.meta_.elapsed_us;
  }
  void operator()(const events::RunResumed& event) const {
    if (event.epoch) {  // after a crash, not after a pause
      for (auto& [id, call] : at.calls_) call.is_running = false;
      return;
    }
    if (at.require(at.paused_us_.has_value(), "pause_alternates", "the run is not paused")) {
      at.require(event.parked_us == at.meta_.elapsed_us - *at.paused_us_, "latencies", "parked_us is wrong");
    }
    at.paused_us_.reset();
    at.parked_us_ += event.parked_us;
  }
  void operator()(const events::Completed& event) const {
    at.require(!at.abort_, "abort_ends_run", "the run completed after an abort was requested");
    at.require(event.output == at.last_output_, "output", "output is not the text of the last finished attempt");
    at.require(event.finish_reason != FinishReason::tool_calls && event.finish_reason != FinishReason::pause,
               "required_fields", "a run does not end with this reason");
    at.check_totals(event.usage, event.cost_micro_usd, event.latencies);
  }
  void operator()(const events::Error& event) const {
    at.check_error(event.error);
    at.require(!at.abort_ || at.abort_->mode != AbortMode::now, "abort_ends_run", "an abort ended as an error");
    at.require(event.partial_output == at.partial_output_, "output", "partial_output is not what was cut off");
    at.check_totals(event.usage, event.cost_micro_usd, event.latencies);
  }
  void operator()(const events::Aborted& event) const {
    if (at.require(at.abort_.has_value(), "abort_requested_first", "Aborted without AbortRequested")) {
      at.require(event.mode == at.abort_->mode && event.by == at.abort_->by, "abort_requested_first",
                 "Aborted is not the abort that was requested last");
    }
    at.require(event.partial_output == at.partial_output_, "output", "partial_output is not what was cut off");
    at.check_totals(event.usage, event.cost_micro_usd, event.latencies);
  }
  void operator()(const events::Unknown& event) const {
    at.require(!event.type.empty(), "required_fields", "an event without a type");
  }

 private:
  // A failed attempt is followed by another one: said once, for the next attempt, and as its output allows.
  bool goes_on(std::uint32_t next_attempt, std::uint32_t turn, const std::string& reason, RetryMode mode) const {
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

  void request(const events::ProviderRequested& event) const {
    at.require(at.model_ == event.model, "model_once", "a request to another model than the chosen one");
    if (at.failure_) {
      const bool is_silent = at.failure_->code == "provider_lost" && !at.tells_losses_;
      at.require(at.failure_->is_answered || is_silent, "retry_after_failure",
                 "an attempt after a failure that was not announced");
      at.require(at.meta_.elapsed_us >= at.failure_->not_before_us, "retry_delay",
                 "an attempt before its wait was over");
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
    at.require(at.calls_.empty() && at.calls_due_.empty(), "call_finished_once",
               "a request while a call has no result");
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

  void complete_item(const events::OutputItemCompleted& event) const {
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

  // What was asked of an embedding is a part of the run's cost; what asked none cost nothing.
  void see_side_call(const std::optional<std::uint64_t>& cost, const std::optional<harness::Error>& error) const {
    if (cost != 0) at.cost_.add(cost);
    if (error) at.check_error(*error);
  }

  void end_hint(const HintId& hint_id) const {
    const auto found = at.hints_.find(hint_id);
    const bool was_open = found != at.hints_.end() && !found->second;
    at.require(was_open, "hint_ended_once", "hint " + hint_id.str() + " is not in the queue");
    if (was_open) found->second = true;
  }
};

bool JournalInvariants::is_open(std::uint32_t attempt, std::string_view type) {
  if (attempt_ && attempt_->number == attempt) return true;
  report("attempt_open", std::string(type) + " of attempt " + number(attempt) + ", which is not under way");
  return false;
}

JournalInvariants::OpenCall* JournalInvariants::open_call(const std::string& call_id, std::string_view type) {
  const auto found = calls_.find(call_id);
  if (found == calls_.end()) {
    report("call_finished_once", std::string(type) + " of call " + call_id + ", which is not open");
    return nullptr;
  }
  if (found->second.span.is_zero()) found->second.span = meta_.span_id;
  require(found->second.span == meta_.span_id, "spans", "an event of a call stands outside of the call's span");
  return &found->second;
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

void JournalInvariants::check_error(const harness::Error& error) {
  require(!error.message.empty(), "required_fields", "an error without a message");
  require(follows_mapping(error), "error_mapping", "the error " + error.code + " is no row of the mapping table");
}

void JournalInvariants::check_totals(const Usage& usage, const std::optional<std::uint64_t>& cost,
                                     const Latencies& latencies) {
  const std::array totals{usage.input,  usage.cached_input, usage.cache_write,
                          usage.output, usage.reasoning,    usage.total};
  constexpr std::array<std::string_view, 6> kNames{"input",  "cached_input", "cache_write",
                                                   "output", "reasoning",    "total"};
  for (std::size_t i = 0; i < totals.size(); ++i) {
    require(totals[i] == usage_[i].total(), "usage_sums", "usage." + std::string(kNames[i]) + " is not the sum");
  }
  require(usage.invalid == usage_invalid_, "usage_sums", "usage.invalid is not the disjunction");
  require(usage.unpriced == unpriced_, "usage_sums", "usage.unpriced is not the union");
  require(cost == cost_.total(), "usage_sums", "the cost is not the sum");
  require(latencies.total_us == meta_.elapsed_us, "latencies", "total_us is not the time since RunStarted");
  require(latencies.queue_us == queue_us_, "latencies", "queue_us is not that of the first request");
  require(latencies.model_us == model_us_, "latencies", "model_us is not the sum over the attempts");
  require(latencies.tool_us == tool_us_, "latencies", "tool_us is not the sum over the calls");
  check_nothing_open();
}

void JournalInvariants::check_nothing_open() {
  require(!attempt_, "attempt_ended_once", "the run ended inside an attempt");
  require(calls_.empty() && calls_due_.empty(), "call_finished_once", "the run ended with a call open");
  require(delivered_for_.empty(), "hint_delivered_turn", "a hint was delivered into a turn that never began");
  for (const auto& [hint_id, has_ended] : hints_) {
    require(has_ended, "hint_ended_once", "hint " + hint_id.str() + " was neither delivered nor dropped");
  }
}

void JournalInvariants::check_envelope(const StreamEvent& event) {
  if (seen_ == 1) {
    first_ = meta_;
    require(event.get_if<events::RunStarted>() != nullptr, "run_started_first",
            "the first event is " + std::string(event.type()));
    require(!meta_.run_id.is_zero() && !meta_.session_id.is_zero() && !meta_.trace_id.is_zero(), "required_fields",
            "an id is all zeros");
  }
  if (meta_.seq != seen_) report("seq_dense", "seq " + number(meta_.seq) + " where " + number(seen_) + " should be");
  require(meta_.elapsed_us >= last_elapsed_us_, "elapsed_monotonic", "elapsed_us went back");
  require(
      meta_.run_id == first_->run_id && meta_.session_id == first_->session_id && meta_.trace_id == first_->trace_id,
      "same_ids", "run, session or trace id changed");
  require(terminal_seq_ == 0, "terminal_last", "an event after the terminal one");
  last_elapsed_us_ = meta_.elapsed_us;
}

// An event of an attempt or a tool call stands in its span, a child of the run's; every other one in the run's own.
void JournalInvariants::check_span(const StreamEvent& event) {
  require(!meta_.span_id.is_zero(), "spans", "span_id is all zeros");
  const bool is_of_run = meta_.span_id == first_->span_id;
  if (is_of_run) {
    require(meta_.parent_span_id == first_->parent_span_id, "spans", "the run's span changed its parent");
    return;
  }
  require(meta_.parent_span_id == first_->span_id, "spans", "an attempt's span is not a child of the run's");
  const bool begins = event.get_if<events::ContextAssembled>() != nullptr ||
                      event.get_if<events::ToolCallRequested>() != nullptr ||
                      event.get_if<events::InterruptResolved>() != nullptr;
  const bool is_of_call = std::ranges::any_of(
      calls_, [&](const auto& open) { return open.second.span == meta_.span_id || open.second.span.is_zero(); });
  require(begins || is_of_call || (attempt_ && attempt_->span == meta_.span_id), "spans",
          "an event in a span of no open attempt or call");
}

// What its source left open stays open; what counts and measures begins anew, as do attempts and questions.
void JournalInvariants::begin_fork() {
  JournalInvariants fork;
  fork.turns_done_ = turns_done_;
  fork.last_output_ = std::move(last_output_);
  fork.kept_output_ = kept_output_;
  fork.partial_output_ = std::move(kept_output_);
  fork.calls_due_ = std::move(calls_due_);
  fork.calls_ = std::move(calls_);
  for (auto& [id, call] : fork.calls_) {
    const std::uint32_t attempts = call.may_run_twice ? 0 : call.attempts;
    call = {{}, attempts, false, {}, call.may_run_twice};
  }
  fork.hints_ = std::move(hints_);
  fork.delivered_for_ = std::move(delivered_for_);
  fork.context_ = std::move(context_);
  fork.gates_ = std::move(gates_);
  fork.trust_ = std::move(trust_);
  *this = std::move(fork);
}

void JournalInvariants::add(const StreamEvent& event) {
  const auto* started = event.get_if<events::RunStarted>();
  if (started != nullptr && started->kind == RunKind::fork && seen_ > 0) begin_fork();
  seen_ += 1;
  meta_ = event.meta;
  check_envelope(event);
  if (event.get_if<events::ProviderRequested>() == nullptr) check_span(event);
  std::visit(Check{*this}, event.payload);
  for (const auto& breach : gates_.see(event)) report(breach.invariant, std::string(breach.what));
  for (const auto& breach : derived_.see(event)) report(breach.invariant, std::string(breach.what));
  for (const auto& breach : trust_.see(event)) report(breach.invariant, std::string(breach.what));
  for (const auto& breach : context_.see(event)) report(breach.invariant, std::string(breach.what));
  if (event.is_terminal()) terminal_seq_ = meta_.seq;
}

void JournalInvariants::check_complete() { require(is_ended(), "terminal_last", "the journal has no terminal event"); }

std::vector<Violation> check_journal(std::span<const StreamEvent> events) {
  JournalInvariants invariants;
  for (const StreamEvent& event : events) invariants.add(event);
  invariants.check_complete();
  return invariants.violations();
}

}  // namespace orchestrator::harness::event
