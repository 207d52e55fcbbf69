// SPDX-License-Identifier: Apache-2.0
#pragma once

// What a large set of simulated runs must have seen at least once. A mark that is never hit says that the simulator
// has stopped testing something. A set is a value; merging and testing are pure.

#include <array>
#include <bitset>
#include <cstdint>
#include <string_view>

namespace orchestrator::harness::sim {

// One line a mark; the name is what reports show.
// clang-format off
#define ORCHESTRATOR_SIM_MARKS(MARK) \
  MARK(start_refused) \
  MARK(start_redacted) \
  MARK(answer_redacted) \
  MARK(tool_result_redacted) \
  MARK(negotiation_failed) \
  MARK(setting_dropped) \
  MARK(fallback_chosen) \
  MARK(history_trimmed_by_turns) \
  MARK(history_trimmed_by_tokens) \
  MARK(history_trimmed_by_bytes) \
  MARK(context_trimmed_for_request) \
  MARK(run_with_history) \
  MARK(run_not_remembered) \
  MARK(turn_two) \
  MARK(turn_three) \
  MARK(items_interleaved) \
  MARK(item_whole) \
  MARK(item_refusal) \
  MARK(item_reasoning) \
  MARK(item_other) \
  MARK(answer_empty) \
  MARK(answer_length) \
  MARK(answer_content_filter) \
  MARK(answer_pause_continued) \
  MARK(tool_call_answered) \
  MARK(tool_call_cut) \
  MARK(too_many_calls) \
  MARK(tool_ran) \
  MARK(tools_ran_at_once) \
  MARK(tool_refused_arguments) \
  MARK(tool_failed) \
  MARK(repairs_exhausted) \
  MARK(approval_asked) \
  MARK(approval_allowed) \
  MARK(approval_for_run) \
  MARK(approval_denied_by_person) \
  MARK(approval_denied_by_policy) \
  MARK(approval_stale) \
  MARK(approval_expired) \
  MARK(answer_while_paused) \
  MARK(tool_lost) \
  MARK(tool_run_again) \
  MARK(tool_had_happened) \
  MARK(tool_had_not_happened) \
  MARK(tool_left_unknown) \
  MARK(clarification_asked) \
  MARK(abort_while_tool_runs) \
  MARK(abort_while_asking) \
  MARK(pause_while_tool_runs) \
  MARK(run_timeout_while_tool_runs) \
  MARK(duplicate_call_id) \
  MARK(call_id_reused) \
  MARK(turn_limit) \
  MARK(token_budget) \
  MARK(stream_error) \
  MARK(call_failed) \
  MARK(call_failed_before_headers) \
  MARK(stream_deadline) \
  MARK(protocol_violation) \
  MARK(run_events_limit) \
  MARK(run_bytes_limit) \
  MARK(usage_unknown_in_part) \
  MARK(abort_while_queued) \
  MARK(abort_before_headers) \
  MARK(abort_during_stream) \
  MARK(abort_between_turns) \
  MARK(abort_while_paused) \
  MARK(abort_after_turn_waits) \
  MARK(abort_after_turn_ends) \
  MARK(abort_ends_paused_run) \
  MARK(abort_escalated) \
  MARK(abort_repeated) \
  MARK(abort_refused) \
  MARK(answer_after_abort_ignored) \
  MARK(hint_in_first_turn) \
  MARK(hint_in_turn_two) \
  MARK(hint_waits_for_calls) \
  MARK(hint_expired) \
  MARK(hint_expired_in_queue) \
  MARK(hint_dropped_at_end) \
  MARK(hint_repeated) \
  MARK(hint_queue_full) \
  MARK(hint_refused) \
  MARK(hint_while_paused) \
  MARK(pause_while_queued) \
  MARK(pause_in_call) \
  MARK(pause_at_boundary) \
  MARK(pause_repeated) \
  MARK(resume_while_queued) \
  MARK(resume_in_call) \
  MARK(resume_completes) \
  MARK(resume_starts_turn) \
  MARK(resume_refused) \
  MARK(left_paused) \
  MARK(run_timeout_while_queued) \
  MARK(run_timeout_in_call) \
  MARK(turn_timeout) \
  MARK(stale_timer_ignored) \
  MARK(parked_time_moved_deadline) \
  MARK(crash_before_start_was_stored) \
  MARK(crash_while_queued) \
  MARK(crash_between_request_and_headers) \
  MARK(crash_during_stream) \
  MARK(crash_while_stopping) \
  MARK(crash_while_paused) \
  MARK(crash_after_end) \
  MARK(crash_in_recovery) \
  MARK(step_stored_but_not_acknowledged) \
  MARK(step_lost) \
  MARK(checkpoint_created) \
  MARK(command_refused_at_limit) \
  MARK(slot_given_back_late) \
  MARK(late_part_ignored) \
  MARK(refused_after_end) \
  MARK(wall_clock_went_back) \
  MARK(stream_through_codec) \
  MARK(retry_scheduled) \
  MARK(retry_restarts) \
  MARK(retry_continues) \
  MARK(retry_after_honoured) \
  MARK(retry_after_cut) \
  MARK(retry_advised_against) \
  MARK(retries_used_up) \
  MARK(retry_not_begun_for_deadline) \
  MARK(answer_after_retry) \
  MARK(answer_after_continuing) \
  MARK(fallback_after_failure) \
  MARK(fallback_after_output) \
  MARK(fallback_fails_too) \
  MARK(circuit_found_open) \
  MARK(circuit_open_ends_run) \
  MARK(circuit_closed) \
  MARK(probe_failed) \
  MARK(retry_budget_empty) \
  MARK(abort_while_retry_waits) \
  MARK(pause_while_retry_waits) \
  MARK(crash_while_retry_waits) \
  MARK(run_timeout_while_retry_waits) \
  MARK(hint_while_retry_waits) \
  MARK(model_too_small) \
  MARK(own_turns_compacted) \
  MARK(window_of_turns_passed) \
  MARK(summary_made) \
  MARK(summary_renewed) \
  MARK(earlier_summary_taken_in) \
  MARK(pinned_kept_over_compaction) \
  MARK(summary_written) \
  MARK(summary_attempt_failed) \
  MARK(summary_attempt_aborted) \
  MARK(summary_attempt_lost) \
  MARK(memory_retrieved) \
  MARK(memory_not_retrieved) \
  MARK(memory_stored) \
  MARK(memory_not_stored) \
  MARK(memory_cost_known) \
  MARK(abort_while_judging) \
  MARK(pause_while_judging) \
  MARK(crash_while_judging) \
  MARK(gate_passed) \
  MARK(gate_objected_in_shadow) \
  MARK(gate_denied_input) \
  MARK(gate_denied_call) \
  MARK(gate_stopped_answer) \
  MARK(result_untrusted) \
  MARK(history_untrusted) \
  MARK(memory_untrusted) \
  MARK(asked_after_untrusted) \
  MARK(asked_once_more) \
  MARK(allowed_after_untrusted) \
  MARK(denied_after_untrusted) \
  MARK(inside_after_untrusted) \
  MARK(made_again_after_untrusted) \
  MARK(abort_while_recalling) \
  MARK(pause_while_recalling) \
  MARK(hint_reopens_run) \
  MARK(crash_while_recalling) \
  MARK(crash_while_keeping) \
  MARK(loop_suspected) \
  MARK(usage_unpriced) \
  MARK(no_fallback_fits) \
  MARK(lost_attempt_restarts) \
  MARK(lost_attempt_continues) \
  MARK(model_unpriced) \
  MARK(cost_known) \
  MARK(cost_unknown_in_part) \
  MARK(budget_cut_answer) \
  MARK(money_budget) \
  MARK(append_failed) \
  MARK(append_failed_and_kept) \
  MARK(append_failed_again) \
  MARK(append_failed_in_recovery) \
  MARK(store_slow) \
  MARK(fork_played) \
  MARK(fork_refused) \
  MARK(fork_in_answer) \
  MARK(fork_between_calls) \
  MARK(fork_of_lost_call) \
  MARK(fork_of_ended_run) \
  MARK(undo_complete) \
  MARK(undo_incomplete) \
  MARK(undo_aborted) \
  MARK(undo_taken_back) \
  MARK(undo_step_restored) \
  MARK(undo_step_had_happened) \
  MARK(undo_step_not_undoable) \
  MARK(undo_step_begun_again) \
  MARK(undo_step_failed) \
  MARK(undo_look_failed) \
  MARK(undo_conflict_in_plan) \
  MARK(undo_conflict_in_look) \
  MARK(undo_conflict_in_step) \
  MARK(undo_overwrites)
// clang-format on

enum class Mark : std::uint8_t {
#define ORCHESTRATOR_SIM_MARK(name) name,
  ORCHESTRATOR_SIM_MARKS(ORCHESTRATOR_SIM_MARK)
#undef ORCHESTRATOR_SIM_MARK
};

inline constexpr auto kMarkNames = std::to_array<std::string_view>({
#define ORCHESTRATOR_SIM_MARK(name) #name,
    ORCHESTRATOR_SIM_MARKS(ORCHESTRATOR_SIM_MARK)
#undef ORCHESTRATOR_SIM_MARK
});

class Marks {
 public:
  void hit(Mark mark) { bits_.set(static_cast<std::size_t>(mark)); }
  /// Hits `mark` where `happened` holds.
  void hit_if(Mark mark, bool happened) {
    if (happened) hit(mark);
  }
  [[nodiscard]] bool has(Mark mark) const { return bits_.test(static_cast<std::size_t>(mark)); }
  void merge(const Marks& other) { bits_ |= other.bits_; }
  [[nodiscard]] std::size_t count() const { return bits_.count(); }
  bool operator==(const Marks&) const = default;

 private:
  std::bitset<kMarkNames.size()> bits_;
};

}  // namespace orchestrator::harness::sim
