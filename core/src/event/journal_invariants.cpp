// SPDX-License-Identifier: Apache-2.0
#include "event/journal_invariants.hpp"

#include <algorithm>
#include <utility>

#include "event/journal_invariants_check.hpp"

namespace orchestrator::harness::event {
namespace {

std::string number(std::uint64_t value) { return std::to_string(value); }

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

void JournalInvariants::Check::operator()(const events::RunStarted& event) const {
  at.require(at.seen_ == 1, "run_started_first", "RunStarted is not the first event");
  at.require(!event.input.empty(), "required_fields", "RunStarted without input");
  at.require(!event.model_plan.primary.model.empty(), "required_fields", "RunStarted without a model");
  at.require(std::ranges::is_sorted(event.behaviours), "required_fields", "behaviours are not ascending");
  at.require(at.meta_.elapsed_us == 0, "elapsed_monotonic", "RunStarted is not at 0");
  at.timeouts_ = event.timeouts;
  at.calls_at_once_ = event.tool_policy.calls_at_once;
  at.tells_losses_ = std::ranges::find(event.behaviours, 3U) != event.behaviours.end();
}

void JournalInvariants::Check::operator()(const events::RedactionApplied& event) const {
  at.require(!event.counts.empty() && std::ranges::all_of(event.counts, [](const auto& one) { return one.count > 0; }),
             "required_fields", "RedactionApplied counts nothing");
}

void JournalInvariants::Check::operator()(const events::HintQueued& event) const {
  at.require(!event.hint_id.is_zero() && !event.text.empty(), "required_fields", "HintQueued without id or text");
  at.require(at.hints_.emplace(event.hint_id, false).second, "hint_queued_once",
             "hint " + event.hint_id.str() + " was queued before");
}

void JournalInvariants::Check::operator()(const events::HintDelivered& event) const {
  end_hint(event.hint_id);
  at.require(!event.item.is_zero(), "required_fields", "HintDelivered without its item");
  at.delivered_for_.push_back(event.turn);
}

void JournalInvariants::Check::operator()(const events::HintDropped& event) const {
  end_hint(event.hint_id);
  at.require(!event.reason.empty(), "required_fields", "HintDropped without a reason");
}

void JournalInvariants::Check::operator()(const events::CheckpointCreated& event) const {
  at.require(!event.label.empty(), "required_fields", "CheckpointCreated without a label");
}

void JournalInvariants::Check::operator()(const events::RunForked& event) const {
  for (const SubstitutedResult& result : event.results) at.substituted_.push_back(result.call_id);
}

void JournalInvariants::Check::operator()(const events::CompensationFinished& event) const {
  at.tool_us_ += event.latency_us;
  if (event.error) at.check_error(*event.error);
}

void JournalInvariants::Check::operator()(const events::AbortRequested& event) const {
  at.require(!at.abort_ || (at.abort_->mode == AbortMode::after_turn && event.mode == AbortMode::now),
             "abort_escalates", "an abort of the same or a stronger mode was requested before");
  at.abort_ = event;
}

void JournalInvariants::Check::operator()(const events::RunPaused&) const {
  at.require(!at.paused_us_, "pause_alternates", "the run is paused already");
  at.paused_us_ = at.meta_.elapsed_us;
}

void JournalInvariants::Check::operator()(const events::RunResumed& event) const {
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

void JournalInvariants::Check::operator()(const events::Completed& event) const {
  at.require(!at.abort_, "abort_ends_run", "the run completed after an abort was requested");
  at.require(event.output == at.last_output_, "output", "output is not the text of the last finished attempt");
  at.require(event.finish_reason != FinishReason::tool_calls && event.finish_reason != FinishReason::pause,
             "required_fields", "a run does not end with this reason");
  at.check_totals(event.usage, event.cost_micro_usd, event.latencies);
}

void JournalInvariants::Check::operator()(const events::Error& event) const {
  at.check_error(event.error);
  at.require(!at.abort_ || at.abort_->mode != AbortMode::now, "abort_ends_run", "an abort ended as an error");
  at.require(event.partial_output == at.partial_output_, "output", "partial_output is not what was cut off");
  at.check_totals(event.usage, event.cost_micro_usd, event.latencies);
}

void JournalInvariants::Check::operator()(const events::Aborted& event) const {
  if (at.require(at.abort_.has_value(), "abort_requested_first", "Aborted without AbortRequested")) {
    at.require(event.mode == at.abort_->mode && event.by == at.abort_->by, "abort_requested_first",
               "Aborted is not the abort that was requested last");
  }
  at.require(event.partial_output == at.partial_output_, "output", "partial_output is not what was cut off");
  at.check_totals(event.usage, event.cost_micro_usd, event.latencies);
}

void JournalInvariants::Check::operator()(const events::Unknown& event) const {
  at.require(!event.type.empty(), "required_fields", "an event without a type");
}

void JournalInvariants::Check::see_side_call(const std::optional<std::uint64_t>& cost,
                                             const std::optional<harness::Error>& error) const {
  if (cost != 0) at.cost_.add(cost);
  if (error) at.check_error(*error);
}

void JournalInvariants::Check::end_hint(const HintId& hint_id) const {
  const auto found = at.hints_.find(hint_id);
  const bool was_open = found != at.hints_.end() && !found->second;
  at.require(was_open, "hint_ended_once", "hint " + hint_id.str() + " is not in the queue");
  if (was_open) found->second = true;
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
