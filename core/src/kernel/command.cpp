// SPDX-License-Identifier: Apache-2.0
// What an operator may ask of a run, and the deadlines that act like one.
#include "event/json_writer.hpp"
#include "kernel/run_memory.hpp"
#include "kernel/tool_loop.hpp"
#include "kernel/undo_run.hpp"

namespace orchestrator::harness::kernel {
namespace {

// The turn under way, or the next one while none is.
std::uint32_t present_turn(const State& state) {
  if (const auto* waiting = std::get_if<Waiting>(&state.phase)) return waiting->next_turn;
  if (const auto* calling = std::get_if<Calling>(&state.phase)) return calling->attempt.turn;
  if (const auto* acting = std::get_if<Acting>(&state.phase)) return acting->turn;
  if (const auto* stopping = std::get_if<Stopping>(&state.phase)) return stopping->attempt.turn;
  return 0;
}

bool refuse_other_turn(Decider& decider, const std::optional<std::uint32_t>& expected) {
  const std::uint32_t turn = present_turn(decider.base());
  if (!expected || *expected == turn) return false;
  decider.refuse(RuntimeErrorCode::precondition_failed,
                 "the run is in turn " + std::to_string(turn) + ", not " + std::to_string(*expected), "expected_turn");
  return true;
}

bool refuse_bad_text(Decider& decider, const std::string& text, std::uint64_t bytes_max, const char* at) {
  if (text.empty()) {
    decider.refuse(RuntimeErrorCode::invalid_argument, "the text is empty", at);
  } else if (text.size() > bytes_max) {
    decider.refuse(RuntimeErrorCode::limit_exceeded,
                   "the text has " + std::to_string(text.size()) + " bytes, the limit is " + std::to_string(bytes_max),
                   at);
  } else if (!event::is_valid_utf8(text)) {
    decider.refuse(RuntimeErrorCode::invalid_argument, "the text is not valid UTF-8", at);
  } else {
    return false;
  }
  return true;
}

// A replay and an undo ask no model: there is nothing that a hint could reach, or a pause could hold back.
bool refuse_without_turns(Decider& decider) {
  const RunKind kind = decider.base().facts.spec.kind;
  if (kind == RunKind::live || kind == RunKind::fork) return false;
  decider.refuse(RuntimeErrorCode::not_supported, "a replay or an undo takes no hints and no pause", "run");
  return true;
}

// A run that is near its limit of events takes no more commands that add to it.
bool refuse_full_journal(Decider& decider) {
  const Facts& facts = decider.base().facts;
  const Limits& limits = facts.spec.limits;
  if (facts.last_seq + 1 + closing_events(facts.spec) <= limits.run_events) return false;
  decider.refuse(RuntimeErrorCode::limit_exceeded,
                 "the run reached its limit of " + std::to_string(limits.run_events) + " events", "limits.run_events");
  return true;
}

}  // namespace

void on_abort(Decider& decider, const event::inputs::Abort& input) {
  const State& base = decider.base();
  if (refuse_other_turn(decider, input.expected_turn)) return;
  const auto* acting = std::get_if<Acting>(&base.phase);
  // It is being stopped already.
  if (std::holds_alternative<Stopping>(base.phase) || (acting != nullptr && acting->stopped_by)) return;
  const auto& earlier = base.facts.abort;
  if (earlier && (earlier->mode == AbortMode::now || input.mode == AbortMode::after_turn)) return;

  decider.emit(events::AbortRequested{input.mode, input.by});
  if (const auto* calling = std::get_if<Calling>(&base.phase)) {
    if (input.mode == AbortMode::now) decider.effect(event::effects::CancelProvider{calling->attempt.number});
    return;
  }
  if (std::holds_alternative<Replaying>(base.phase) || std::holds_alternative<Undoing>(base.phase)) {
    const events::AbortRequested abort{input.mode, input.by};
    if (std::holds_alternative<Replaying>(base.phase)) {
      decider.end_aborted(abort);
    } else {
      stop_undo(decider, abort);
    }
    return;
  }
  if (acting != nullptr) {
    // Nothing further begins; `now` stops what runs, `after_turn` lets it come to its end.
    stop_calls(decider, input.mode == AbortMode::now);
    return;
  }
  // Between turns both modes are the same: nothing is under way that could be waited for.
  const auto& waiting = std::get<Waiting>(base.phase);
  if (!base.facts.paused) decider.effect(event::effects::ReleaseSlot{waiting.next_attempt});
  decider.end_aborted(events::AbortRequested{input.mode, input.by});
}

void on_hint(Decider& decider, const event::inputs::Hint& input) {
  const Facts& facts = decider.base().facts;
  if (refuse_without_turns(decider) || refuse_other_turn(decider, input.expected_turn)) return;
  if (refuse_bad_text(decider, input.text, facts.spec.limits.hint_bytes, "hint.text")) return;
  if (facts.hint_ids.contains(input.hint_id)) return;  // the same hint again
  if (facts.hints.size() >= facts.spec.limits.hints_queued) {
    decider.refuse(RuntimeErrorCode::queue_full,
                   "the run has " + std::to_string(facts.hints.size()) + " hints waiting, which is its limit", "hint");
    return;
  }
  if (refuse_full_journal(decider)) return;
  const bool reopens = is_keeping(decider.base()) && !facts.paused;
  // No provider of this version takes a hint into an answer under way: it goes with the next request.
  decider.emit(events::HintQueued{input.hint_id, input.priority, input.text, input.by, false, input.expires_us});
  // A run that only waits for its memory to be stored goes on.
  if (reopens) advance(decider);
}

void on_pause(Decider& decider, const event::inputs::Pause& input) {
  const State& base = decider.base();
  if (base.facts.paused || refuse_without_turns(decider) || refuse_full_journal(decider)) return;
  decider.emit(events::RunPaused{input.by});
  if (const auto* waiting = std::get_if<Waiting>(&base.phase)) {
    decider.effect(event::effects::ReleaseSlot{waiting->next_attempt});
  }
}

void on_resume(Decider& decider, const event::inputs::Resume& input) {
  const Facts& facts = decider.base().facts;
  if (!facts.paused) {
    decider.refuse(RuntimeErrorCode::precondition_failed, "the run is not paused", "run");
    return;
  }
  events::RunResumed resumed;
  resumed.by = input.by;
  resumed.parked_us = decider.now_us() - facts.paused_since_us;
  decider.emit(std::move(resumed));
  if (std::holds_alternative<Acting>(decider.base().phase)) {
    resume_calls(decider);
    return;
  }
  if (std::holds_alternative<Waiting>(decider.base().phase)) advance(decider);
}

void on_checkpoint(Decider& decider, const event::inputs::Checkpoint& input) {
  const std::uint64_t bytes_max = decider.base().facts.spec.limits.checkpoint_label_bytes;
  if (refuse_bad_text(decider, input.label, bytes_max, "checkpoint.label") || refuse_full_journal(decider)) return;
  decider.emit(events::CheckpointCreated{input.label, input.by});
}

void on_timer_fired(Decider& decider, const event::inputs::TimerFired& input) {
  const State& base = decider.base();
  const Facts& facts = base.facts;
  if (input.timer == TimerKind::approval) {
    const auto expires_us = approval_deadline_us(base);
    if (!expires_us || decider.now_us() < *expires_us) return;
    decider.emit(events::TimeoutFired{input.timer, *facts.spec.tool_policy.approval_timeout_ms, std::nullopt});
    stop_calls(decider, true);
    return;
  }
  const bool is_run = input.timer == TimerKind::run;
  const auto deadline_us = is_run ? run_deadline_us(facts) : turn_deadline_us(facts);
  const bool is_ours = is_run || input.timer == TimerKind::turn;
  // A timer that was stopped or moved may still fire once.
  if (!is_ours || !deadline_us || decider.now_us() < *deadline_us) return;
  if (std::holds_alternative<Stopping>(base.phase) || (is_run && is_parked(base))) return;

  const std::uint64_t after_ms = is_run ? *facts.spec.timeouts.run_ms : *facts.spec.timeouts.turn_ms;
  if (const auto* calling = std::get_if<Calling>(&base.phase)) {
    decider.emit(events::TimeoutFired{input.timer, after_ms, calling->attempt.number});
    decider.effect(event::effects::CancelProvider{calling->attempt.number});
    return;
  }
  if (const auto* acting = std::get_if<Acting>(&base.phase)) {
    if (acting->stopped_by || facts.abort) return;
    decider.emit(events::TimeoutFired{input.timer, after_ms, std::nullopt});
    stop_calls(decider, true);
    return;
  }
  if (is_keeping(base)) {  // the answer is whole
    give_up_keeping(decider, "the run passed its limit of " + std::to_string(after_ms) + " ms");
    return;
  }
  const auto& waiting = std::get<Waiting>(base.phase);
  decider.emit(events::TimeoutFired{input.timer, after_ms, std::nullopt});
  decider.effect(event::effects::ReleaseSlot{waiting.next_attempt});
  decider.end_with_error(RuntimeError{RuntimeErrorCode::run_timeout,
                                      "the run passed its limit of " + std::to_string(after_ms) + " ms",
                                      "timeouts.run_ms",
                                      {}});
}

}  // namespace orchestrator::harness::kernel
