// SPDX-License-Identifier: Apache-2.0
#pragma once

// The described fields of everything that is stored: one line a type, in the order of the canonical bytes.
// Encoder, decoder and JSON Schema are all driven by these lines, so they cannot drift apart.

#include <boost/describe.hpp>

#include "event/input.hpp"
#include "orchestrator/harness/stream.hpp"

namespace orchestrator::harness {

BOOST_DESCRIBE_ENUM(ErrorCategory, provider, runtime, tool)
BOOST_DESCRIBE_ENUM(ErrorScope, attempt, turn, run)
BOOST_DESCRIBE_ENUM(NextAction, none, retry, retry_later, use_other_model, fix_request, fix_configuration, authenticate,
                    reduce_context, raise_limit, free_space, report_bug)
BOOST_DESCRIBE_ENUM(RunKind, live, replay, fork, undo)
BOOST_DESCRIBE_ENUM(FinishReason, stop, length, refusal, content_filter, tool_calls, tool_limit, pause, matched, undone,
                    other)
BOOST_DESCRIBE_ENUM(ItemKind, text, reasoning, refusal, tool_call, other)
BOOST_DESCRIBE_ENUM(ContextVerdict, kept, trimmed, summarised, pinned)
BOOST_DESCRIBE_ENUM(HintPriority, asap, after_turn)
BOOST_DESCRIBE_ENUM(AbortMode, now, after_turn)
BOOST_DESCRIBE_ENUM(TimerKind, connect, first_byte, first_token, idle, turn, run, approval, tool)
BOOST_DESCRIBE_ENUM(WhenFull, trim, extract, summarise)
BOOST_DESCRIBE_ENUM(MemoryLane, working, episodic, semantic)
BOOST_DESCRIBE_ENUM(AttemptPurpose, answer, summary)
BOOST_DESCRIBE_ENUM(AfterOutput, fail, restart, continue_answer)
BOOST_DESCRIBE_ENUM(RetryMode, again, restart, continue_answer)
BOOST_DESCRIBE_ENUM(RetryAfter, none, honoured, cut)
BOOST_DESCRIBE_ENUM(Role, system, user, assistant)
BOOST_DESCRIBE_ENUM(OnUnsupported, refuse, drop)
BOOST_DESCRIBE_ENUM(ReasoningEffort, none, minimal, low, medium, high, xhigh, max)
BOOST_DESCRIBE_ENUM(ToolChoiceMode, automatic, none, required, named)
BOOST_DESCRIBE_ENUM(EffectClass, pure, idempotent, reversible, irreversible)
BOOST_DESCRIBE_ENUM(ToolOutcome, ok, error, denied, cancelled, unknown)
BOOST_DESCRIBE_ENUM(ApprovalNeed, none, ask, require, refuse)
BOOST_DESCRIBE_ENUM(ApprovalMode, never, ask, always)
BOOST_DESCRIBE_ENUM(ToolReach, inside, secrets, outside)
BOOST_DESCRIBE_ENUM(InjectionStance, off, mark, strict)
BOOST_DESCRIBE_ENUM(VerifiedState, happened, not_happened, unknown)
BOOST_DESCRIBE_ENUM(InterruptKind, approval, clarification)
BOOST_DESCRIBE_ENUM(InterruptDecision, allow_once, allow_run, deny)

BOOST_DESCRIBE_ENUM(ReplayMode, strict, compat)
BOOST_DESCRIBE_ENUM(ForkWorkspace, as_found, restored, not_restored)
BOOST_DESCRIBE_ENUM(UndoVerdict, restorable, nothing_to_do, conflict, not_undoable)
BOOST_DESCRIBE_ENUM(CompensationOutcome, restored, conflict, failed, not_undoable)

BOOST_DESCRIBE_ENUM(GatePhase, input, tool, output)
BOOST_DESCRIBE_ENUM(GateMode, shadow, enforcing)
BOOST_DESCRIBE_ENUM(GateAction, allow, deny, redact)
BOOST_DESCRIBE_ENUM(RedactionMode, none, metadata_only, full, reversible)
BOOST_DESCRIBE_ENUM(RedactionKind, secret, vendor_key, email, card, iban, phone, name, entropy)

BOOST_DESCRIBE_STRUCT(ErrorCause, (), (code, message))
BOOST_DESCRIBE_STRUCT(Error, (), (category, code, message, retryable, scope, next_action, at, cause))

BOOST_DESCRIBE_STRUCT(GateVerdict, (),
                      (gate, phase, mode, passed, action, score, threshold, reason, error, attempt, call_id, latency_us,
                       cost_micro_usd))

BOOST_DESCRIBE_STRUCT(MediaSource, (), (bytes, url, media_type, name))
BOOST_DESCRIBE_STRUCT(TextPart, (), (text))
BOOST_DESCRIBE_STRUCT(ImagePart, (), (source, detail))
BOOST_DESCRIBE_STRUCT(AudioPart, (), (source))
BOOST_DESCRIBE_STRUCT(VideoPart, (), (source))
BOOST_DESCRIBE_STRUCT(FilePart, (), (source))
BOOST_DESCRIBE_STRUCT(JsonPart, (), (json))

BOOST_DESCRIBE_STRUCT(MessageItem, (), (role, parts, echo))
BOOST_DESCRIBE_STRUCT(ReasoningItem, (), (text, echo))
BOOST_DESCRIBE_STRUCT(RefusalItem, (), (text, echo))
BOOST_DESCRIBE_STRUCT(ToolCallItem, (), (call_id, name, arguments, custom, echo))
BOOST_DESCRIBE_STRUCT(ToolResultItem, (), (call_id, parts, is_error, custom))
BOOST_DESCRIBE_STRUCT(OtherItem, (), (native_type, echo))
BOOST_DESCRIBE_STRUCT(ConversationItem, (), (value, origin))

BOOST_DESCRIBE_STRUCT(ModelNeeds, (),
                      (capabilities, context_tokens, output_tokens, wire, regions, input_price_max, output_price_max))
BOOST_DESCRIBE_STRUCT(ModelPlan, (), (primary, fallbacks, on_unsupported, needs))
BOOST_DESCRIBE_STRUCT(TokenPrices, (), (input, cached_input, cache_write, output))
BOOST_DESCRIBE_STRUCT(ModelPrice, (), (base, long_input_above, long_input, table))
BOOST_DESCRIBE_STRUCT(ReasoningSettings, (), (effort, budget_tokens, summaries))
BOOST_DESCRIBE_STRUCT(ToolChoice, (), (mode, name))
BOOST_DESCRIBE_STRUCT(OutputSchema, (), (name, schema, strict))
BOOST_DESCRIBE_STRUCT(GenerationSettings, (),
                      (temperature, top_p, stop, seed, max_output_tokens, max_input_tokens, reasoning, tool_choice,
                       parallel_tool_calls, output_schema, metadata))
BOOST_DESCRIBE_STRUCT(ModelOffer, (), (model, wire, unsupported, context_tokens, output_tokens_max, regions, price))
BOOST_DESCRIBE_STRUCT(ToolSpec, (),
                      (name, description, input_schema, strict, effect_class, output_schema, approval, timeout_ms,
                       output_bytes_max, reach, is_output_trusted))
BOOST_DESCRIBE_STRUCT(ToolPolicy, (), (approval, calls_at_once, repairs_max, approval_timeout_ms, injection))
BOOST_DESCRIBE_STRUCT(UndoRecord, (), (data, blobs))
BOOST_DESCRIBE_STRUCT(ToolTarget, (), (name, content))
BOOST_DESCRIBE_STRUCT(ToolPreparation, (), (undo, targets, approval, preview, reach))

BOOST_DESCRIBE_STRUCT(UndoConflict, (), (target, expected, found, reason))
BOOST_DESCRIBE_STRUCT(UndoStep, (), (call_id, tool, seq, verdict, conflicts, overwrites, reason))
BOOST_DESCRIBE_STRUCT(SubstitutedResult, (), (call_id, outcome, result))
BOOST_DESCRIBE_STRUCT(SubstitutedGate, (), (gate, passed))

BOOST_DESCRIBE_STRUCT(TimeoutPolicy, (), (connect_ms, first_byte_ms, idle_ms, first_token_ms, turn_ms, run_ms))
BOOST_DESCRIBE_STRUCT(RetryPolicy, (), (attempts_max, delay_ms, delay_max_ms, retry_after_max_ms, after_output))
BOOST_DESCRIBE_STRUCT(Budgets, (), (cost_micro_usd, tokens, turns, allow_unpriced))
BOOST_DESCRIBE_STRUCT(Limits, (),
                      (run_events, run_bytes, turns, input_parts, input_bytes, stream_bytes, stream_items,
                       tool_calls_per_turn, hints_queued, hint_bytes, checkpoint_label_bytes, journal_backlog_bytes,
                       event_tail_bytes, json_depth))
BOOST_DESCRIBE_STRUCT(HistoryLimits, (), (turns, tokens, bytes))
BOOST_DESCRIBE_STRUCT(PinnedText, (), (name, text))
BOOST_DESCRIBE_STRUCT(ContextPolicy, (),
                      (tokens_max, window_turns, fill_percent, recent_turns, when_full, summary_tokens_max, pinned))
BOOST_DESCRIBE_STRUCT(MemoryPolicy, (), (user, recall_max, recall_tokens_max, timeout_ms, keep_run))
BOOST_DESCRIBE_STRUCT(RetryAdvice, (), (after_ms, is_cut, may_retry))
BOOST_DESCRIBE_STRUCT(Usage, (), (input, cached_input, cache_write, output, reasoning, total, invalid, unpriced))
BOOST_DESCRIBE_STRUCT(Latencies, (),
                      (queue_us, first_token_us, inter_token_p50_us, inter_token_p95_us, model_us, tool_us, total_us))

BOOST_DESCRIBE_STRUCT(TextPiece, (), (item_id, text))
BOOST_DESCRIBE_STRUCT(ReasoningPiece, (), (item_id, text))
BOOST_DESCRIBE_STRUCT(ToolArgumentsPiece, (), (item_id, text))
BOOST_DESCRIBE_STRUCT(ItemDone, (), (item_id, item))
BOOST_DESCRIBE_STRUCT(UsageSeen, (), (usage))
BOOST_DESCRIBE_STRUCT(AnswerFinished, (), (reason, native_reason, provider_model, provider_response_id))
BOOST_DESCRIBE_STRUCT(AnswerFailed, (), (error))

namespace events {

BOOST_DESCRIBE_STRUCT(ParentRef, (), (run_id, seq, hash))
BOOST_DESCRIBE_STRUCT(HistoryRef, (), (base_run_id, items, hash))
BOOST_DESCRIBE_STRUCT(PinnedHash, (), (name, hash))
BOOST_DESCRIBE_STRUCT(GateInForce, (), (name, mode, phases))
BOOST_DESCRIBE_STRUCT(RunStarted, (),
                      (kind, parent, input, system, model_plan, offers, settings, tools, tool_policy, workspace, limits,
                       history_limits, context, memory, gates, redaction, is_history_untrusted, budgets, timeouts,
                       retries, history, remember, pinned, behaviours, seed, labels, runtime_version))
BOOST_DESCRIBE_STRUCT(DroppedSetting, (), (name, reason))
BOOST_DESCRIBE_STRUCT(RejectedModel, (), (model, reasons))
BOOST_DESCRIBE_STRUCT(ModelSelected, (), (model, wire, dropped, rejected))
BOOST_DESCRIBE_STRUCT(NegotiationFailed, (), (rejected))
BOOST_DESCRIBE_STRUCT(ManifestEntry, (), (item, source, tokens, verdict, reason))
BOOST_DESCRIBE_STRUCT(ContextAssembled, (), (turn, items, changes, tokens_estimate, tokens_budget, context_hash))
BOOST_DESCRIBE_STRUCT(ContextTrimmed, (),
                      (policy, dropped, tokens_before, tokens_after, cost_micro_usd, own_items, summary))
BOOST_DESCRIBE_STRUCT(ContextSummarised, (), (attempt, turn, text))
BOOST_DESCRIBE_STRUCT(RetrievedMemory, (), (id, lane, score, tokens, text))
BOOST_DESCRIBE_STRUCT(MemoryRetrieved, (), (query, hits, tokens, latency_us, cost_micro_usd, error))
BOOST_DESCRIBE_STRUCT(MemoryStored, (), (id, lane, tokens, latency_us, cost_micro_usd, error))
BOOST_DESCRIBE_STRUCT(LoopSuspected, (), (turn, tool, argument_hash, reads, compactions))
BOOST_DESCRIBE_STRUCT(RedactionCount, (), (kind, count))
BOOST_DESCRIBE_STRUCT(RedactionApplied, (), (counts))
BOOST_DESCRIBE_STRUCT(ProviderRequested, (),
                      (attempt, turn, model, request_hash, queue_us, max_output_tokens, is_probe, purpose))
BOOST_DESCRIBE_STRUCT(ProviderResponded, (), (attempt, provider_request_id, status, headers_us))
BOOST_DESCRIBE_STRUCT(OutputDelta, (), (attempt, turn, item_id, offset, text))
BOOST_DESCRIBE_STRUCT(ReasoningDelta, (), (attempt, turn, item_id, offset, text))
BOOST_DESCRIBE_STRUCT(ToolArgumentsDelta, (), (attempt, turn, item_id, offset, text))
BOOST_DESCRIBE_STRUCT(OutputItemCompleted, (), (attempt, turn, item_id, kind, item))
BOOST_DESCRIBE_STRUCT(UsageReported, (), (attempt, usage, cost_micro_usd, price_table))
BOOST_DESCRIBE_STRUCT(AttemptFinished, (),
                      (attempt, finish_reason, native_finish_reason, provider_model, provider_response_id))
BOOST_DESCRIBE_STRUCT(AttemptFailed, (), (attempt, error, voided_items))
BOOST_DESCRIBE_STRUCT(TimeoutFired, (), (timer, after_ms, attempt, call_id))
BOOST_DESCRIBE_STRUCT(RetryScheduled, (), (next_attempt, turn, reason, delay_ms, retry_after, mode))
BOOST_DESCRIBE_STRUCT(FallbackSelected, (), (next_attempt, turn, from, to, reason, mode))
BOOST_DESCRIBE_STRUCT(CircuitOpened, (), (model, open_ms))
BOOST_DESCRIBE_STRUCT(CircuitClosed, (), (model))
BOOST_DESCRIBE_STRUCT(ToolCallRequested, (), (call_id, turn, tool, arguments, argument_hash, effect_class))
BOOST_DESCRIBE_STRUCT(ToolCallStarted, (), (call_id, attempt, idempotency_key, undo, targets, approval))
BOOST_DESCRIBE_STRUCT(ToolCallFinished, (), (call_id, outcome, result, error, full_output, latency_us, is_untrusted))
BOOST_DESCRIBE_STRUCT(InterruptRaised, (),
                      (interrupt_id, kind, call_id, tool, argument_hash, tool_hash, policy_hash, targets, shown,
                       shown_hash, expires_us, reason))
BOOST_DESCRIBE_STRUCT(InterruptResolved, (), (interrupt_id, decision, by, reason))
BOOST_DESCRIBE_STRUCT(HintQueued, (), (hint_id, priority, text, by, in_flight, expires_us))
BOOST_DESCRIBE_STRUCT(HintDelivered, (), (hint_id, turn, item))
BOOST_DESCRIBE_STRUCT(HintDropped, (), (hint_id, reason))
BOOST_DESCRIBE_STRUCT(CheckpointCreated, (), (label, by))
BOOST_DESCRIBE_STRUCT(RunForked, (), (changed, results, gates, workspace, workspace_notes))
BOOST_DESCRIBE_STRUCT(ReplayStarted, (), (mode, to_seq))
BOOST_DESCRIBE_STRUCT(ReplayMatched, (), (steps, events, head, differences))
BOOST_DESCRIBE_STRUCT(ReplayDiverged, (), (seq, field, expected, found))
BOOST_DESCRIBE_STRUCT(ReplayTokenIssued, (), (to_seq, token, by))
BOOST_DESCRIBE_STRUCT(UndoPlanned, (), (to_seq, steps))
BOOST_DESCRIBE_STRUCT(CompensationStarted, (), (index, call_id, tool, attempt, idempotency_key, undo, targets))
BOOST_DESCRIBE_STRUCT(CompensationFinished, (), (index, call_id, outcome, conflicts, error, latency_us))
BOOST_DESCRIBE_STRUCT(AbortRequested, (), (mode, by))
BOOST_DESCRIBE_STRUCT(RunPaused, (), (by))
BOOST_DESCRIBE_STRUCT(RunResumed, (), (by, parked_us, epoch, discarded_after, lost))
BOOST_DESCRIBE_STRUCT(Completed, (), (finish_reason, output, usage, cost_micro_usd, latencies))
BOOST_DESCRIBE_STRUCT(Error, (), (error, partial_output, usage, cost_micro_usd, latencies))
BOOST_DESCRIBE_STRUCT(Aborted, (), (mode, by, partial_output, usage, cost_micro_usd, latencies))

}  // namespace events

namespace event {

BOOST_DESCRIBE_STRUCT(Now, (), (wall, elapsed_us))

namespace inputs {

BOOST_DESCRIBE_ENUM(SlotRefusal, circuit_open, retry_budget)
BOOST_DESCRIBE_STRUCT(SlotGranted, (), (attempt, is_probe))
BOOST_DESCRIBE_STRUCT(SlotRefused, (), (attempt, reason, open_ms))
BOOST_DESCRIBE_STRUCT(ProviderHeaders, (), (attempt, status, provider_request_id))
BOOST_DESCRIBE_STRUCT(ProviderChunk, (), (attempt, parts, gates))
BOOST_DESCRIBE_STRUCT(ProviderEnded, (), (attempt, error, timer, timer_ms, usage, advice, gates))
BOOST_DESCRIBE_STRUCT(TimerFired, (), (timer))
BOOST_DESCRIBE_STRUCT(ToolPrepared, (), (call_id, preparation, error, gates))
BOOST_DESCRIBE_STRUCT(ToolReturned, (), (call_id, attempt, outcome, result, error, full_output))
BOOST_DESCRIBE_STRUCT(ToolVerified, (), (call_id, state, result, detail))
BOOST_DESCRIBE_STRUCT(GateReturned, (), (gates))
BOOST_DESCRIBE_STRUCT(MemoryReturned, (), (hits, latency_us, cost_micro_usd, error))
BOOST_DESCRIBE_STRUCT(MemoryKept, (), (id, tokens, latency_us, cost_micro_usd, error))
BOOST_DESCRIBE_STRUCT(EffectLost, (), (attempt, call_id))
BOOST_DESCRIBE_STRUCT(Abort, (), (mode, by, expected_turn))
BOOST_DESCRIBE_STRUCT(Hint, (), (hint_id, priority, text, by, expires_us, expected_turn))
BOOST_DESCRIBE_STRUCT(Pause, (), (by))
BOOST_DESCRIBE_STRUCT(Resume, (), (by))
BOOST_DESCRIBE_STRUCT(Recover, (), (by, epoch, discarded_after))
BOOST_DESCRIBE_STRUCT(Resolve, (), (interrupt_id, decision, by, reason))
BOOST_DESCRIBE_STRUCT(Checkpoint, (), (label, by))
BOOST_DESCRIBE_STRUCT(IssueToken, (), (to_seq, token, by))
BOOST_DESCRIBE_STRUCT(ReplayReported, (), (matched, diverged, error))
BOOST_DESCRIBE_STRUCT(CompensationPrepared, (), (index, undo, targets, verdict, conflicts, error))
BOOST_DESCRIBE_STRUCT(Compensated, (), (index, attempt, outcome, conflicts, error))

}  // namespace inputs
}  // namespace event
}  // namespace orchestrator::harness
