// SPDX-License-Identifier: Apache-2.0
#include "sim/step_marks.hpp"

#include <algorithm>
#include <set>
#include <variant>

#include "kernel/run_memory.hpp"
#include "kernel/summary_extract.hpp"

namespace orchestrator::harness::sim {
namespace {

namespace inputs = event::inputs;

template <class T>
const T* find(const kernel::Decision& decision) {
  for (const StreamEvent& event : decision.events) {
    if (const auto* payload = event.get_if<T>()) return payload;
  }
  return nullptr;
}

bool failed_with(const kernel::Decision& decision, std::string_view code) {
  const auto* failed = find<events::AttemptFailed>(decision);
  return failed != nullptr && failed->error.code == code;
}

bool calls_again(const kernel::Decision& decision) {
  return std::ranges::any_of(decision.effects, [](const event::Effect& effect) {
    return std::holds_alternative<event::effects::AcquireSlot>(effect);
  });
}

class StepNotes {
 public:
  StepNotes(Marks& marks, const kernel::State& before, const kernel::Decision& decision)
      : marks_(marks),
        before_(before),
        facts_(before.facts),
        decision_(decision),
        waiting_(std::get_if<kernel::Waiting>(&before.phase)),
        calling_(std::get_if<kernel::Calling>(&before.phase)),
        stopping_(std::get_if<kernel::Stopping>(&before.phase)),
        refused_(decision.refusal.has_value()),
        ignored_(decision.events.empty() && !decision.refusal) {}

  void operator()(const inputs::Start& input) const {
    marks_.hit_if(Mark::start_refused, refused_ && std::holds_alternative<kernel::NotStarted>(before_.phase));
    marks_.hit_if(Mark::negotiation_failed, find<events::NegotiationFailed>(decision_) != nullptr);
    if (const auto* selected = find<events::ModelSelected>(decision_)) {
      marks_.hit_if(Mark::setting_dropped, !selected->dropped.empty());
      marks_.hit_if(Mark::fallback_chosen, selected->model != input.spec.model_plan.primary);
      marks_.hit_if(Mark::run_with_history, !input.history.empty());
      marks_.hit_if(Mark::run_not_remembered, !input.spec.remember);
    }
    for (const StreamEvent& event : decision_.events) {
      const auto* trimmed = event.get_if<events::ContextTrimmed>();
      if (trimmed == nullptr) continue;
      marks_.hit_if(Mark::history_trimmed_by_turns, trimmed->policy == "history_turns");
      marks_.hit_if(Mark::history_trimmed_by_tokens, trimmed->policy == "history_tokens");
      marks_.hit_if(Mark::history_trimmed_by_bytes, trimmed->policy == "history_bytes");
    }
  }
  void operator()(const inputs::SlotGranted&) const {
    note_compaction();
    const auto* requested = find<events::ProviderRequested>(decision_);
    const auto* delivered = find<events::HintDelivered>(decision_);
    const auto* dropped = find<events::HintDropped>(decision_);
    marks_.hit_if(Mark::hint_expired, dropped != nullptr && dropped->reason == "expired");
    marks_.hit_if(Mark::hint_expired_in_queue, find<events::Completed>(decision_) != nullptr);
    marks_.hit_if(Mark::context_trimmed_for_request, find<events::ContextTrimmed>(decision_) != nullptr);
    if (requested == nullptr) return;
    marks_.hit_if(Mark::turn_two, requested->turn == 2);
    marks_.hit_if(Mark::turn_three, requested->turn == 3);
    marks_.hit_if(Mark::hint_in_first_turn, delivered != nullptr && requested->turn == 1);
    marks_.hit_if(Mark::hint_in_turn_two, delivered != nullptr && requested->turn == 2);
    marks_.hit_if(Mark::answer_pause_continued, waiting_->answer == FinishReason::pause);
    marks_.hit_if(Mark::hint_waits_for_calls, waiting_->calls_answered && std::ranges::any_of(facts_.hints, is_later));
  }
  void operator()(const inputs::SlotRefused& input) const {
    if (ignored_) return;
    const bool is_open = input.reason == inputs::SlotRefusal::circuit_open;
    marks_.hit_if(Mark::circuit_found_open, is_open);
    marks_.hit_if(Mark::circuit_open_ends_run, is_open && find<events::Error>(decision_) != nullptr);
    marks_.hit_if(Mark::retry_budget_empty, !is_open);
  }
  void operator()(const inputs::ProviderHeaders&) const { note_late(); }
  void operator()(const inputs::ProviderChunk& input) const {
    note_late();
    marks_.hit_if(Mark::answer_after_abort_ignored, stopping_ != nullptr && ignored_);
    if (ignored_ || refused_) return;
    note_items();
    note_answer_end();
    const bool in_stream = std::ranges::any_of(
        input.parts, [](const ProviderPart& part) { return std::holds_alternative<AnswerFailed>(part); });
    marks_.hit_if(Mark::stream_error, in_stream && find<events::AttemptFailed>(decision_) != nullptr);
    marks_.hit_if(Mark::protocol_violation, failed_with(decision_, "provider_protocol_violation"));
    marks_.hit_if(Mark::too_many_calls, failed_with(decision_, "too_many_tool_calls"));
    marks_.hit_if(Mark::duplicate_call_id, failed_with(decision_, "duplicate_tool_call_id"));
    if (const auto* failed = find<events::AttemptFailed>(decision_)) {
      marks_.hit_if(Mark::run_events_limit, failed->error.at == "limits.run_events");
      marks_.hit_if(Mark::run_bytes_limit, failed->error.at == "limits.run_bytes");
    }
  }
  void operator()(const inputs::ProviderEnded& input) const {
    note_late();
    if (calling_ == nullptr || ignored_) return;
    const bool has_ended = find<events::Error>(decision_) != nullptr;
    const bool had_attempts = facts_.turn_attempts < facts_.spec.retries.attempts_max;
    const bool is_clean = calling_->attempt.items.empty() && !facts_.abort && input.error.retryable;
    const bool may_retry = !input.advice || input.advice->may_retry.value_or(true);
    marks_.hit_if(Mark::retry_advised_against, is_clean && had_attempts && !may_retry && !retries());
    marks_.hit_if(Mark::retries_used_up,
                  is_clean && !had_attempts && facts_.spec.retries.attempts_max > 1 && has_ended);
    marks_.hit_if(Mark::retry_not_begun_for_deadline,
                  is_clean && had_attempts && may_retry && has_ended && facts_.spec.timeouts.run_ms);
    marks_.hit_if(Mark::stream_deadline, input.timer.has_value());
    marks_.hit_if(Mark::call_failed, !input.timer && calling_->attempt.responded);
    marks_.hit_if(Mark::call_failed_before_headers, !calling_->attempt.responded);
  }
  void operator()(const inputs::GateReturned&) const {}
  void operator()(const inputs::MemoryReturned& input) const {
    if (ignored_) return;
    marks_.hit_if(Mark::memory_retrieved, !input.hits.empty());
    marks_.hit_if(Mark::memory_not_retrieved, input.error.has_value());
    marks_.hit_if(Mark::memory_cost_known, input.cost_micro_usd > 0);
  }
  void operator()(const inputs::MemoryKept& input) const {
    if (ignored_) return;
    marks_.hit_if(Mark::memory_stored, !input.error);
    marks_.hit_if(Mark::memory_not_stored, input.error.has_value());
  }
  void operator()(const inputs::TimerFired& input) const {
    marks_.hit_if(Mark::stale_timer_ignored, ignored_);
    if (ignored_ || refused_) return;
    const bool is_acting = std::holds_alternative<kernel::Acting>(before_.phase);
    marks_.hit_if(Mark::approval_expired, input.timer == TimerKind::approval);
    marks_.hit_if(Mark::run_timeout_while_tool_runs, input.timer == TimerKind::run && is_acting);
    if (input.timer == TimerKind::approval) return;
    const bool is_run = input.timer == TimerKind::run;
    marks_.hit_if(Mark::run_timeout_while_queued, is_run && waiting_ != nullptr);
    marks_.hit_if(Mark::run_timeout_in_call, is_run && calling_ != nullptr);
    marks_.hit_if(Mark::turn_timeout, input.timer == TimerKind::turn);
    marks_.hit_if(Mark::parked_time_moved_deadline, is_run && facts_.parked_us > 0);
  }
  void operator()(const inputs::EffectLost&) const {}
  void operator()(const inputs::ToolPrepared& input) const {
    marks_.hit_if(Mark::tool_refused_arguments, !ignored_ && input.error.has_value());
    const auto* finished = find<events::ToolCallFinished>(decision_);
    if (finished == nullptr || !finished->error || input.error) return;
    marks_.hit_if(Mark::approval_stale, finished->error->code == "approval_stale");
    marks_.hit_if(Mark::approval_denied_by_policy, finished->outcome == ToolOutcome::denied);
  }
  void operator()(const inputs::ToolReturned& input) const {
    if (ignored_) return;
    marks_.hit_if(Mark::tool_ran, input.outcome == ToolOutcome::ok);
    marks_.hit_if(Mark::tool_failed, input.outcome == ToolOutcome::error);
    const auto* acting = std::get_if<kernel::Acting>(&before_.phase);
    marks_.hit_if(Mark::tools_ran_at_once,
                  acting != nullptr && kernel::count_at(acting->calls, kernel::CallStage::running) > 1);
  }
  void operator()(const inputs::ToolVerified& input) const {
    if (ignored_) return;
    marks_.hit_if(Mark::tool_had_happened, input.state == VerifiedState::happened);
    marks_.hit_if(Mark::tool_had_not_happened, input.state == VerifiedState::not_happened);
    const auto* finished = find<events::ToolCallFinished>(decision_);
    marks_.hit_if(Mark::tool_left_unknown, finished != nullptr && finished->outcome == ToolOutcome::unknown);
  }
  void operator()(const inputs::Recover&) const {
    marks_.hit_if(Mark::undo_step_begun_again, find<events::CompensationStarted>(decision_) != nullptr);
    const auto* resumed = find<events::RunResumed>(decision_);
    marks_.hit_if(Mark::tool_lost,
                  resumed != nullptr && !resumed->lost.empty() && resumed->lost.front().starts_with("call "));
  }
  void operator()(const inputs::Resolve& input) const {
    if (ignored_ || refused_) return;
    marks_.hit_if(Mark::approval_allowed, input.decision == InterruptDecision::allow_once);
    marks_.hit_if(Mark::approval_for_run, input.decision == InterruptDecision::allow_run);
    marks_.hit_if(Mark::approval_denied_by_person, input.decision == InterruptDecision::deny);
    marks_.hit_if(Mark::answer_while_paused, facts_.paused);
  }
  void operator()(const inputs::Abort&) const {
    if (const auto* acting = std::get_if<kernel::Acting>(&before_.phase); acting != nullptr && !ignored_ && !refused_) {
      marks_.hit_if(Mark::abort_while_tool_runs, kernel::count_at(acting->calls, kernel::CallStage::running) > 0);
      marks_.hit_if(Mark::abort_while_asking, kernel::count_at(acting->calls, kernel::CallStage::awaiting) > 0);
    }
    marks_.hit_if(Mark::abort_refused, refused_ && decision_.refusal->at == "expected_turn");
    marks_.hit_if(Mark::abort_repeated, ignored_);
    if (ignored_ || refused_) return;
    marks_.hit_if(Mark::abort_escalated, facts_.abort.has_value());
    marks_.hit_if(Mark::abort_while_paused, facts_.paused);
    marks_.hit_if(Mark::abort_while_queued, waiting_ != nullptr && !waiting_->answer);
    marks_.hit_if(Mark::abort_between_turns, waiting_ != nullptr && waiting_->answer);
    if (calling_ == nullptr) return;
    const bool is_now = find<events::AbortRequested>(decision_)->mode == AbortMode::now;
    marks_.hit_if(Mark::abort_after_turn_waits, !is_now);
    marks_.hit_if(Mark::abort_before_headers, is_now && !calling_->attempt.responded);
    marks_.hit_if(Mark::abort_during_stream, is_now && !calling_->attempt.items.empty());
  }
  void operator()(const inputs::Hint&) const {
    marks_.hit_if(Mark::hint_refused, refused_ && decision_.refusal->at == "expected_turn");
    marks_.hit_if(Mark::hint_queue_full, refused_ && decision_.refusal->code == "queue_full");
    marks_.hit_if(Mark::hint_repeated, ignored_);
    marks_.hit_if(Mark::hint_while_paused, !ignored_ && !refused_ && facts_.paused);
  }
  void operator()(const inputs::Pause&) const {
    marks_.hit_if(Mark::pause_repeated, ignored_);
    if (ignored_ || refused_) return;
    marks_.hit_if(Mark::pause_while_queued, waiting_ != nullptr);
    marks_.hit_if(Mark::pause_in_call, calling_ != nullptr);
    marks_.hit_if(Mark::pause_while_tool_runs, std::holds_alternative<kernel::Acting>(before_.phase));
  }
  void operator()(const inputs::Resume&) const {
    marks_.hit_if(Mark::resume_refused, refused_ && decision_.refusal->code == "precondition_failed");
    if (refused_) return;
    const bool is_first = waiting_ != nullptr && !waiting_->answer;
    marks_.hit_if(Mark::resume_in_call, calling_ != nullptr);
    marks_.hit_if(Mark::resume_while_queued, is_first);
    marks_.hit_if(Mark::resume_completes, find<events::Completed>(decision_) != nullptr);
    marks_.hit_if(Mark::resume_starts_turn, waiting_ != nullptr && !is_first && calls_again(decision_));
  }
  void operator()(const inputs::Checkpoint&) const { marks_.hit_if(Mark::checkpoint_created, !refused_); }
  // No simulated run replays another one.
  void operator()(const inputs::IssueToken&) const {}
  void operator()(const inputs::ReplayReported&) const {}
  void operator()(const inputs::CompensationPrepared& input) const {
    if (ignored_) return;
    const bool is_conflict = input.verdict == UndoVerdict::conflict;
    const bool is_begun = find<events::CompensationStarted>(decision_) != nullptr;
    marks_.hit_if(Mark::undo_look_failed, input.error.has_value());
    marks_.hit_if(Mark::undo_step_had_happened, !input.error && input.verdict == UndoVerdict::nothing_to_do);
    marks_.hit_if(Mark::undo_conflict_in_look, is_conflict && !is_begun);
    marks_.hit_if(Mark::undo_overwrites, is_conflict && is_begun);
  }
  void operator()(const inputs::Compensated& input) const {
    if (ignored_) return;
    marks_.hit_if(Mark::undo_step_restored, input.outcome == CompensationOutcome::restored);
    marks_.hit_if(Mark::undo_conflict_in_step, input.outcome == CompensationOutcome::conflict);
    marks_.hit_if(Mark::undo_step_failed, input.outcome == CompensationOutcome::failed);
  }

  // What any input may bring about.
  void note_any() const {
    note_retries();
    note_context();
    note_money();
    note_trust();
    note_undo();
    if (const auto* raised = find<events::InterruptRaised>(decision_)) {
      marks_.hit(raised->kind == InterruptKind::approval ? Mark::approval_asked : Mark::clarification_asked);
    }
    if (const auto* started = find<events::ToolCallStarted>(decision_)) {
      marks_.hit_if(Mark::tool_run_again, started->attempt > 1);
    }
    if (const auto* error = find<events::Error>(decision_)) {
      marks_.hit_if(Mark::repairs_exhausted, error->error.at == "tool_policy.repairs_max");
    }
    const bool has_ended = std::holds_alternative<kernel::Ended>(before_.phase);
    marks_.hit_if(Mark::refused_after_end, has_ended && refused_);
    if (refused_) marks_.hit_if(Mark::command_refused_at_limit, decision_.refusal->at == "limits.run_events");
    for (const StreamEvent& event : decision_.events) {
      const auto* dropped = event.get_if<events::HintDropped>();
      marks_.hit_if(Mark::hint_dropped_at_end, dropped != nullptr && dropped->reason == "run_ended");
    }
    if (const auto* aborted = find<events::Aborted>(decision_)) {
      marks_.hit_if(Mark::abort_after_turn_ends, aborted->mode == AbortMode::after_turn && calling_ != nullptr);
      marks_.hit_if(Mark::abort_ends_paused_run, facts_.paused && calling_ != nullptr);
    }
    if (const auto* completed = find<events::Completed>(decision_)) {
      marks_.hit_if(Mark::turn_limit, completed->finish_reason == FinishReason::tool_limit);
      marks_.hit_if(Mark::usage_unknown_in_part, completed->usage.input && !completed->usage.output);
    }
    if (const auto* error = find<events::Error>(decision_)) {
      marks_.hit_if(Mark::token_budget, error->error.code == "budget_exceeded");
    }
  }

 private:
  void note_trust() const {
    const bool is_guarded =
        facts_.spec.tool_policy.injection == InjectionStance::strict && !facts_.untrusted_from.empty();
    for (const StreamEvent& event : decision_.events) {
      const auto* run = event.get_if<events::RunStarted>();
      marks_.hit_if(Mark::history_untrusted, run != nullptr && run->is_history_untrusted);
      const auto* memory = event.get_if<events::MemoryRetrieved>();
      marks_.hit_if(Mark::memory_untrusted, memory != nullptr && !memory->hits.empty());
      const auto* finished = event.get_if<events::ToolCallFinished>();
      marks_.hit_if(Mark::result_untrusted, finished != nullptr && finished->is_untrusted);
      marks_.hit_if(Mark::denied_after_untrusted, is_guarded && finished != nullptr && finished->error &&
                                                      finished->error->message.starts_with("after "));
    }
    const auto* acting = std::get_if<kernel::Acting>(&before_.phase);
    if (acting == nullptr || !is_guarded) return;
    if (const auto* raised = find<events::InterruptRaised>(decision_); raised != nullptr && !raised->reason.empty()) {
      marks_.hit(Mark::asked_after_untrusted);
      const auto* call = kernel::open_call(acting->calls, raised->call_id);
      marks_.hit_if(Mark::asked_once_more, call != nullptr && call->approval.has_value());
    }
    if (const auto* started = find<events::ToolCallStarted>(decision_)) {
      const auto* call = kernel::open_call(acting->calls, started->call_id);
      const bool is_first = started->attempt == 1;
      marks_.hit_if(Mark::allowed_after_untrusted, is_first && call != nullptr && call->is_approved_knowing);
      marks_.hit_if(Mark::inside_after_untrusted, is_first && !started->approval);
      marks_.hit_if(Mark::made_again_after_untrusted, !is_first && !(call != nullptr && call->is_approved_knowing));
    }
  }

  void note_undo() const {
    if (const auto* plan = find<events::UndoPlanned>(decision_)) {
      marks_.hit_if(Mark::undo_conflict_in_plan, std::ranges::any_of(plan->steps, [](const UndoStep& step) {
                      return step.verdict == UndoVerdict::conflict;
                    }));
    }
    const auto* finished = find<events::CompensationFinished>(decision_);
    marks_.hit_if(Mark::undo_step_not_undoable,
                  finished != nullptr && finished->outcome == CompensationOutcome::not_undoable);
    const auto* completed = find<events::Completed>(decision_);
    marks_.hit_if(Mark::undo_complete, completed != nullptr && completed->finish_reason == FinishReason::undone);
    const auto* error = find<events::Error>(decision_);
    marks_.hit_if(Mark::undo_incomplete, error != nullptr && error->error.code == "undo_incomplete");
    const bool is_undoing = std::holds_alternative<kernel::Undoing>(before_.phase);
    marks_.hit_if(Mark::undo_aborted, is_undoing && find<events::Aborted>(decision_) != nullptr);
  }

  bool retries() const { return find<events::RetryScheduled>(decision_) != nullptr; }
  bool waits_for_retry() const { return waiting_ != nullptr && waiting_->is_retry; }

  void note_retries() const {
    if (const auto* retry = find<events::RetryScheduled>(decision_)) {
      marks_.hit(Mark::retry_scheduled);
      marks_.hit_if(Mark::retry_restarts, retry->mode == RetryMode::restart);
      marks_.hit_if(Mark::retry_continues, retry->mode == RetryMode::continue_answer);
      marks_.hit_if(Mark::retry_after_honoured, retry->retry_after == RetryAfter::honoured);
      marks_.hit_if(Mark::retry_after_cut, retry->retry_after == RetryAfter::cut);
      const bool is_lost = retry->reason == "provider_lost";
      marks_.hit_if(Mark::lost_attempt_restarts, is_lost && retry->mode == RetryMode::restart);
      marks_.hit_if(Mark::lost_attempt_continues, is_lost && retry->mode == RetryMode::continue_answer);
    }
    if (const auto* fallback = find<events::FallbackSelected>(decision_)) {
      marks_.hit_if(Mark::fallback_after_failure, calling_ != nullptr);
      marks_.hit_if(Mark::fallback_after_output, fallback->mode != RetryMode::again);
      marks_.hit_if(Mark::fallback_fails_too, fallback->from != facts_.spec.model_plan.primary);
    }
    const bool answered = find<events::AttemptFinished>(decision_) != nullptr;
    marks_.hit_if(Mark::answer_after_retry, answered && facts_.turn_attempts > 1);
    marks_.hit_if(Mark::answer_after_continuing, answered && !facts_.kept_output.empty());
    marks_.hit_if(Mark::circuit_closed, find<events::CircuitClosed>(decision_) != nullptr);
    marks_.hit_if(Mark::probe_failed, calling_ != nullptr && calling_->attempt.is_probe &&
                                          find<events::AttemptFailed>(decision_) != nullptr);
    if (!waits_for_retry()) return;
    marks_.hit_if(Mark::abort_while_retry_waits, find<events::Aborted>(decision_) != nullptr);
    marks_.hit_if(Mark::pause_while_retry_waits, find<events::RunPaused>(decision_) != nullptr);
    marks_.hit_if(Mark::run_timeout_while_retry_waits, find<events::TimeoutFired>(decision_) != nullptr);
    marks_.hit_if(Mark::hint_while_retry_waits, find<events::HintQueued>(decision_) != nullptr);
  }
  void note_context() const {
    marks_.hit_if(Mark::loop_suspected, find<events::LoopSuspected>(decision_) != nullptr);
    if (const auto* usage = find<events::UsageReported>(decision_)) {
      marks_.hit_if(Mark::usage_unpriced, !usage->usage.unpriced.empty());
    }
    const bool is_aborted = find<events::Aborted>(decision_) != nullptr;
    const auto is_summary = [](const auto* phase) {
      return phase != nullptr && phase->attempt.purpose == AttemptPurpose::summary;
    };
    if (const auto* failed = find<events::AttemptFailed>(decision_)) {
      const bool is_lost = failed->error.code == name_of(ProviderErrorCode::provider_lost);
      marks_.hit_if(Mark::summary_attempt_lost, is_lost && is_summary(calling_));
      marks_.hit_if(Mark::summary_attempt_failed, !is_lost && is_summary(calling_));
    }
    marks_.hit_if(Mark::summary_attempt_aborted, is_aborted && is_summary(stopping_));
    marks_.hit_if(Mark::abort_while_judging, is_aborted && facts_.judges_input);
    marks_.hit_if(Mark::pause_while_judging, find<events::RunPaused>(decision_) != nullptr && facts_.judges_input);
    for (const StreamEvent& event : decision_.events) {
      if (const auto* verdict = event.get_if<events::GateEvaluated>()) note_verdict(*verdict);
    }
    marks_.hit_if(Mark::abort_while_recalling, is_aborted && facts_.recalls);
    marks_.hit_if(Mark::pause_while_recalling, find<events::RunPaused>(decision_) != nullptr && facts_.recalls);
    marks_.hit_if(Mark::hint_reopens_run, find<events::HintQueued>(decision_) != nullptr && calls_again(decision_));
  }
  void note_verdict(const GateVerdict& verdict) const {
    marks_.hit_if(Mark::gate_passed, verdict.passed);
    marks_.hit_if(Mark::gate_objected_in_shadow, !verdict.passed && verdict.mode == GateMode::shadow);
    marks_.hit_if(Mark::gate_denied_input, blocks(verdict) && verdict.phase == GatePhase::input);
    marks_.hit_if(Mark::gate_denied_call, blocks(verdict) && verdict.phase == GatePhase::tool);
    marks_.hit_if(Mark::gate_stopped_answer, blocks(verdict) && verdict.phase == GatePhase::output);
  }
  void note_compaction() const {
    for (const StreamEvent& event : decision_.events) {
      const auto* trimmed = event.get_if<events::ContextTrimmed>();
      if (trimmed == nullptr) continue;
      marks_.hit_if(Mark::own_turns_compacted, trimmed->own_items > 0 && trimmed->policy == "context_tokens");
      marks_.hit_if(Mark::window_of_turns_passed, trimmed->policy == "window_turns");
      marks_.hit_if(Mark::pinned_kept_over_compaction, !facts_.spec.context.pinned.empty());
      marks_.hit_if(Mark::summary_made, trimmed->summary.has_value());
      marks_.hit_if(Mark::summary_written, trimmed->summary && trimmed->summary->starts_with(kernel::kWrittenHead));
      const bool had_own = std::ranges::any_of(facts_.context, [](const event::ContextEntry& entry) {
        return entry.source == event::ContextSource::summary;
      });
      marks_.hit_if(Mark::summary_renewed, trimmed->summary && had_own);
      const bool had_earlier = std::ranges::any_of(facts_.context, [](const event::ContextEntry& entry) {
        return entry.source == event::ContextSource::history && kernel::is_summary(entry);
      });
      marks_.hit_if(Mark::earlier_summary_taken_in, trimmed->summary && had_earlier);
    }
  }
  void note_money() const {
    const auto is_rejected = [](const events::RejectedModel& model, std::string_view reason) {
      return std::ranges::find(model.reasons, reason) != model.reasons.end();
    };
    const auto note_rejected = [&](const std::vector<events::RejectedModel>& rejected) {
      for (const events::RejectedModel& model : rejected) {
        marks_.hit_if(Mark::model_too_small, is_rejected(model, "too_small:context_tokens"));
        marks_.hit_if(Mark::model_unpriced, is_rejected(model, "unknown:price"));
      }
    };
    if (const auto* failed = find<events::NegotiationFailed>(decision_)) {
      note_rejected(failed->rejected);
      marks_.hit_if(Mark::no_fallback_fits, facts_.model.has_value());
    }
    if (const auto* selected = find<events::ModelSelected>(decision_)) note_rejected(selected->rejected);
    if (const auto* usage = find<events::UsageReported>(decision_)) {
      marks_.hit_if(Mark::cost_known, usage->cost_micro_usd.has_value());
    }
    if (const auto* completed = find<events::Completed>(decision_)) {
      marks_.hit_if(Mark::cost_unknown_in_part, !completed->cost_micro_usd && facts_.spent_micro_usd > 0);
    }
    if (const auto* requested = find<events::ProviderRequested>(decision_)) {
      marks_.hit_if(Mark::budget_cut_answer, requested->max_output_tokens.has_value());
    }
    if (const auto* error = find<events::Error>(decision_)) {
      marks_.hit_if(Mark::money_budget, error->error.at == "budgets.cost_micro_usd");
    }
  }

  static bool is_later(const kernel::QueuedHint& hint) { return hint.priority == HintPriority::after_turn; }

  void note_late() const { marks_.hit_if(Mark::late_part_ignored, ignored_ && stopping_ == nullptr); }
  void note_items() const {
    std::vector<std::string> order = last_items();
    for (const StreamEvent& event : decision_.events) {
      if (const auto* delta = event.get_if<events::OutputDelta>()) order.push_back(delta->item_id);
      if (const auto* delta = event.get_if<events::ReasoningDelta>()) order.push_back(delta->item_id);
      const auto* item = event.get_if<events::OutputItemCompleted>();
      if (item == nullptr) continue;
      const bool had_deltas = std::ranges::find(order, item->item_id) != order.end();
      marks_.hit_if(Mark::item_whole, !had_deltas && item->kind == ItemKind::text);
      marks_.hit_if(Mark::item_refusal, item->kind == ItemKind::refusal);
      marks_.hit_if(Mark::item_reasoning, item->kind == ItemKind::reasoning);
      marks_.hit_if(Mark::item_other, item->kind == ItemKind::other);
    }
    // The first item speaks again after another one has spoken.
    for (std::size_t i = 2; i < order.size(); ++i) {
      marks_.hit_if(Mark::items_interleaved, order[i] == order[i - 2] && order[i] != order[i - 1]);
    }
  }
  std::vector<std::string> last_items() const {
    std::vector<std::string> order;
    for (const kernel::ItemProgress& item : calling_->attempt.items) {
      if (!item.text.empty()) order.push_back(item.item_id);
    }
    return order;
  }
  void note_answer_end() const {
    const auto* finished = find<events::AttemptFinished>(decision_);
    if (finished == nullptr) return;
    const bool has_calls = find<events::ToolCallFinished>(decision_) != nullptr;
    const bool is_length = finished->finish_reason == FinishReason::length;
    marks_.hit_if(Mark::answer_length, is_length);
    marks_.hit_if(Mark::answer_content_filter, finished->finish_reason == FinishReason::content_filter);
    marks_.hit_if(Mark::answer_empty, calling_->attempt.items.empty() && decision_.events.size() <= 3);
    marks_.hit_if(Mark::tool_call_answered, has_calls && !is_length);
    marks_.hit_if(Mark::tool_call_cut, has_calls && is_length);
    marks_.hit_if(Mark::pause_at_boundary, facts_.paused && !decision_.events.back().is_terminal());
    for (const StreamEvent& event : decision_.events) {
      const auto* call = event.get_if<events::ToolCallRequested>();
      marks_.hit_if(Mark::call_id_reused, call != nullptr && is_known_call(call->call_id));
    }
  }
  bool is_known_call(const std::string& call_id) const {
    return std::ranges::any_of(facts_.context, [&](const event::ContextEntry& entry) {
      const auto* call = std::get_if<ToolCallItem>(&entry.item->value);
      return call != nullptr && call->call_id == call_id;
    });
  }

  Marks& marks_;
  const kernel::State& before_;
  const kernel::Facts& facts_;
  const kernel::Decision& decision_;
  const kernel::Waiting* waiting_;
  const kernel::Calling* calling_;
  const kernel::Stopping* stopping_;
  bool refused_;
  bool ignored_;
};

}  // namespace

void note_step(Marks& marks, const kernel::State& before, const event::Input& input, const kernel::Decision& decision) {
  const StepNotes notes(marks, before, decision);
  notes.note_any();
  if (find<events::RedactionApplied>(decision) != nullptr) {
    marks.hit_if(Mark::start_redacted, std::holds_alternative<inputs::Start>(input.value));
    marks.hit_if(Mark::answer_redacted, std::holds_alternative<inputs::ProviderChunk>(input.value));
    marks.hit_if(Mark::tool_result_redacted, std::holds_alternative<inputs::ToolReturned>(input.value));
  }
  if (!std::holds_alternative<kernel::Ended>(before.phase)) std::visit(notes, input.value);
}

void note_crash(Marks& marks, const kernel::State& state) {
  marks.hit_if(Mark::crash_before_start_was_stored, std::holds_alternative<kernel::NotStarted>(state.phase));
  const auto* waiting = std::get_if<kernel::Waiting>(&state.phase);
  marks.hit_if(Mark::crash_while_queued, waiting != nullptr);
  marks.hit_if(Mark::crash_while_judging, waiting != nullptr && state.facts.judges_input);
  marks.hit_if(Mark::crash_while_recalling, waiting != nullptr && state.facts.recalls);
  marks.hit_if(Mark::crash_while_keeping, kernel::is_keeping(state));
  marks.hit_if(Mark::crash_while_retry_waits, waiting != nullptr && waiting->is_retry);
  marks.hit_if(Mark::crash_while_stopping, std::holds_alternative<kernel::Stopping>(state.phase));
  marks.hit_if(Mark::crash_after_end, std::holds_alternative<kernel::Ended>(state.phase));
  marks.hit_if(Mark::crash_while_paused, state.facts.paused);
  if (const auto* calling = std::get_if<kernel::Calling>(&state.phase)) {
    marks.hit_if(Mark::crash_between_request_and_headers, !calling->attempt.responded);
    marks.hit_if(Mark::crash_during_stream, !calling->attempt.items.empty());
  }
}

}  // namespace orchestrator::harness::sim
