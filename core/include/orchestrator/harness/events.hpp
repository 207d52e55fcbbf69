// SPDX-License-Identifier: Apache-2.0
#pragma once

// What an event of a run says: one struct a type, in the order of the canonical bytes, and the values that they share.
// `stream.hpp` has the envelope. Values: nothing in them is shared with a later event, any thread may read a copy.

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "orchestrator/harness/content.hpp"
#include "orchestrator/harness/context.hpp"
#include "orchestrator/harness/errors.hpp"
#include "orchestrator/harness/ids.hpp"
#include "orchestrator/harness/model.hpp"
#include "orchestrator/harness/redaction.hpp"
#include "orchestrator/harness/reliability.hpp"
#include "orchestrator/harness/safety.hpp"
#include "orchestrator/harness/tool_spec.hpp"
#include "orchestrator/harness/usage.hpp"

namespace orchestrator::harness {

/// Microseconds since 1970-01-01T00:00:00Z.
struct WallTime {
  std::int64_t unix_us = 0;
  auto operator<=>(const WallTime&) const = default;
};

enum class RunKind : std::uint8_t { live, replay, fork, undo };
enum class FinishReason : std::uint8_t {
  stop,
  length,
  refusal,
  content_filter,
  tool_calls,
  tool_limit,
  pause,
  matched,
  undone,
  other
};
enum class ItemKind : std::uint8_t { text, reasoning, refusal, tool_call, other };
enum class ContextVerdict : std::uint8_t { kept, trimmed, summarised, pinned };
/// What an attempt is for.
enum class AttemptPurpose : std::uint8_t {
  answer,
  summary  // of what is about to leave the context; the run shows and keeps nothing else of it
};
enum class HintPriority : std::uint8_t { asap, after_turn };
enum class AbortMode : std::uint8_t { now, after_turn };
enum class TimerKind : std::uint8_t { connect, first_byte, first_token, idle, turn, run, approval, tool };
/// How a turn goes on after a failed attempt.
enum class RetryMode : std::uint8_t {
  again,            // nothing of the attempt was seen
  restart,          // something was, and is void
  continue_answer,  // the text that was seen stays, and the next attempt gives the rest
};
/// What became of the wait that a provider asked for.
enum class RetryAfter : std::uint8_t { none, honoured, cut };

/// What a provider said, with a failure, about trying again.
struct RetryAdvice {
  std::optional<std::uint64_t> after_ms;  // how long to wait
  bool is_cut = false;                    // it asked for another time than can be kept, such as -5 s or a day
  std::optional<bool> may_retry;          // an explicit yes or no; a no counts, a yes changes nothing
  bool operator==(const RetryAdvice&) const = default;
};

namespace events {

struct ParentRef {
  RunId run_id;
  std::uint64_t seq = 0;
  Hash hash;
  bool operator==(const ParentRef&) const = default;
};
/// History by reference: the context of `base_run_id` after its end, `items` items whose list hash is `hash`.
struct HistoryRef {
  std::optional<RunId> base_run_id;
  std::uint64_t items = 0;
  Hash hash;
  bool operator==(const HistoryRef&) const = default;
};
struct PinnedHash {
  std::string name;
  Hash hash;
  bool operator==(const PinnedHash&) const = default;
};

/// A rule that a run is under; what it checks is pinned by the hash of the whole policy, `gates` in `pinned`.
struct GateInForce {
  std::string name;
  GateMode mode = GateMode::shadow;
  std::vector<GatePhase> phases;
  bool operator==(const GateInForce&) const = default;
};

struct RunStarted {
  RunKind kind = RunKind::live;
  std::optional<ParentRef> parent;
  std::vector<ContentPart> input;
  std::string system;
  ModelPlan model_plan;
  std::vector<ModelOffer> offers;  // what each model of the plan takes, as known when the run was accepted
  GenerationSettings settings;
  std::vector<ToolSpec> tools;
  ToolPolicy tool_policy;
  std::string workspace;  // the folder that the tools work in, or empty
  Limits limits;
  HistoryLimits history_limits;
  ContextPolicy context;
  MemoryPolicy memory;
  std::vector<GateInForce> gates;
  RedactionMode redaction = RedactionMode::none;  // its policy is pinned by hash, `redaction` in `pinned`
  bool is_history_untrusted = false;              // earlier runs of the session read what others wrote
  Budgets budgets;
  TimeoutPolicy timeouts;
  RetryPolicy retries{.attempts_max = 1};
  HistoryRef history;
  bool remember = true;  // false: later runs of the session do not see this run
  std::vector<PinnedHash> pinned;
  std::vector<std::uint32_t> behaviours;  // numbered flags, ascending; numbers are never reused
  std::uint64_t seed = 0;
  std::vector<std::pair<std::string, std::string>> labels;  // the caller's own
  std::string runtime_version;
  bool operator==(const RunStarted&) const = default;
};

struct DroppedSetting {
  std::string name;
  std::string reason;
  bool operator==(const DroppedSetting&) const = default;
};
/// A model of the plan that was not chosen. Reasons: `unsupported:NAME`, `unknown:NAME`, `too_small:NAME`,
/// `too_dear:NAME`, `wire`, `region`, `over_budget`, `failed:CODE`, `circuit_open`.
struct RejectedModel {
  ModelRef model;
  std::vector<std::string> reasons;
  bool operator==(const RejectedModel&) const = default;
};
struct ModelSelected {
  ModelRef model;
  std::string wire;
  std::vector<DroppedSetting> dropped;
  std::vector<RejectedModel> rejected = {};  // the ones before it in the plan
  bool operator==(const ModelSelected&) const = default;
};
struct NegotiationFailed {
  std::vector<RejectedModel> rejected;
  bool operator==(const NegotiationFailed&) const = default;
};

struct ManifestEntry {
  Hash item;
  std::string source;  // pinned, summary, history, memory, input, output, hint, tool_result, retry
  std::uint64_t tokens = 0;
  ContextVerdict verdict = ContextVerdict::kept;
  std::string reason;
  bool operator==(const ManifestEntry&) const = default;
};
/// The context of one request, as the difference from the request before (of the first one: from the history that
/// `RunStarted` refers to). What is no longer there was told of by `ContextTrimmed`.
struct ContextAssembled {
  std::uint32_t turn = 0;
  std::uint64_t items = 0;             // in the whole context
  std::vector<ManifestEntry> changes;  // what was not in the request before, in the order of the request
  std::uint64_t tokens_estimate = 0;
  std::optional<std::uint64_t> tokens_budget;
  Hash context_hash;
  bool operator==(const ContextAssembled&) const = default;
};
struct ContextTrimmed {
  std::string policy;  // history_turns, history_tokens, history_bytes, max_input_tokens, context_tokens, window_turns
  std::vector<Hash> dropped;  // oldest first: history, then the run's own items
  std::uint64_t tokens_before = 0;
  std::uint64_t tokens_after = 0;
  std::optional<std::uint64_t> cost_micro_usd;
  std::uint64_t own_items = 0;              // how many of `dropped`, at its end, were no history but the run's own
  std::optional<std::string> summary = {};  // what stands in their place, and in that of an earlier summary
  bool operator==(const ContextTrimmed&) const = default;
};

/// What a model wrote of the items that are about to leave; the `ContextTrimmed` that follows takes it in.
struct ContextSummarised {
  std::uint32_t attempt = 0;
  std::uint32_t turn = 0;
  std::string text;
  bool operator==(const ContextSummarised&) const = default;
};

struct RetrievedMemory {
  MemoryId id;
  MemoryLane lane = MemoryLane::semantic;
  double score = 0;          // as `MemoryHit` has it
  std::uint64_t tokens = 0;  // by estimate
  std::string text;
  bool operator==(const RetrievedMemory&) const = default;
};
/// What the run reads from the memory store, once, before its first request. With an error it goes on without.
struct MemoryRetrieved {
  std::string query;
  std::vector<RetrievedMemory> hits;  // best first
  std::uint64_t tokens = 0;           // of all hits, by estimate
  std::uint64_t latency_us = 0;
  std::optional<std::uint64_t> cost_micro_usd;  // of the query's embedding; 0 where none was asked for
  std::optional<harness::Error> error;
  bool operator==(const MemoryRetrieved&) const = default;
};
/// What the run leaves in the memory store when it completes. With an error it has left nothing, or, where the store
/// did not answer in time (`storage_unavailable`), may have.
struct MemoryStored {
  MemoryId id;
  MemoryLane lane = MemoryLane::episodic;
  std::uint64_t tokens = 0;  // by estimate
  std::uint64_t latency_us = 0;
  std::optional<std::uint64_t> cost_micro_usd;  // of its embedding; 0 where none was asked for
  std::optional<harness::Error> error;
  bool operator==(const MemoryStored&) const = default;
};
/// A warning: the model reads again and again what compaction took out of its context. Once for each call.
struct LoopSuspected {
  std::uint32_t turn = 0;
  std::string tool;
  Hash argument_hash;
  std::uint32_t reads = 0;        // of the same tool with the same arguments
  std::uint32_t compactions = 0;  // of the run's own turns, since the first of them
  bool operator==(const LoopSuspected&) const = default;
};

/// What a rule says: of the run's input before anything is done, of a call before it starts, of an answer's text as it
/// streams. A rule that blocks ends the run (`gate_blocked`), or the call (`denied`).
using GateEvaluated = GateVerdict;

/// How often something of a kind was taken out of what came in, before anything else saw it.
struct RedactionCount {
  RedactionKind kind = RedactionKind::secret;
  std::uint64_t count = 0;
  bool operator==(const RedactionCount&) const = default;
};
/// What was taken out of the input of this step, or of the part of an answer that it holds. Never the text.
struct RedactionApplied {
  std::vector<RedactionCount> counts;  // none is 0; in the order of the kinds
  bool operator==(const RedactionApplied&) const = default;
};

struct ProviderRequested {
  std::uint32_t attempt = 0;
  std::uint32_t turn = 0;
  ModelRef model;
  Hash request_hash;
  std::optional<std::uint64_t> queue_us;                // wait for the slot that this attempt took
  std::optional<std::uint32_t> max_output_tokens = {};  // where the budget allows less than the run's settings do
  bool is_probe = false;                                // the model was left alone after failures: does it work again?
  AttemptPurpose purpose = AttemptPurpose::answer;
  bool operator==(const ProviderRequested&) const = default;
};
struct ProviderResponded {
  std::uint32_t attempt = 0;
  std::string provider_request_id;
  std::uint32_t status = 0;
  std::uint64_t headers_us = 0;  // request to headers
  bool operator==(const ProviderResponded&) const = default;
};
struct OutputDelta {
  std::uint32_t attempt = 0;
  std::uint32_t turn = 0;
  std::string item_id;
  std::uint64_t offset = 0;  // UTF-8 bytes of this item before this delta
  std::string text;
  bool operator==(const OutputDelta&) const = default;
};
struct ReasoningDelta {
  std::uint32_t attempt = 0;
  std::uint32_t turn = 0;
  std::string item_id;
  std::uint64_t offset = 0;
  std::string text;
  bool operator==(const ReasoningDelta&) const = default;
};
struct ToolArgumentsDelta {
  std::uint32_t attempt = 0;
  std::uint32_t turn = 0;
  std::string item_id;
  std::uint64_t offset = 0;
  std::string text;
  bool operator==(const ToolArgumentsDelta&) const = default;
};
struct OutputItemCompleted {
  std::uint32_t attempt = 0;
  std::uint32_t turn = 0;
  std::string item_id;
  ItemKind kind = ItemKind::text;
  ConversationItem item;
  bool operator==(const OutputItemCompleted&) const = default;
};
struct UsageReported {
  std::uint32_t attempt = 0;
  Usage usage;
  std::optional<std::uint64_t> cost_micro_usd;
  std::optional<std::string> price_table;
  bool operator==(const UsageReported&) const = default;
};
struct AttemptFinished {
  std::uint32_t attempt = 0;
  FinishReason finish_reason = FinishReason::other;
  std::string native_finish_reason;
  std::string provider_model;
  std::string provider_response_id;
  bool operator==(const AttemptFinished&) const = default;
};
struct AttemptFailed {
  std::uint32_t attempt = 0;
  harness::Error error;
  std::vector<std::string> voided_items;
  bool operator==(const AttemptFailed&) const = default;
};
struct TimeoutFired {
  TimerKind timer = TimerKind::run;
  std::uint64_t after_ms = 0;
  std::optional<std::uint32_t> attempt;
  std::string call_id = {};  // of a tool's deadline, else empty
  bool operator==(const TimeoutFired&) const = default;
};
/// A failed attempt will be made again, with the same model.
struct RetryScheduled {
  std::uint32_t next_attempt = 0;
  std::uint32_t turn = 0;
  std::string reason;          // the code of the error
  std::uint64_t delay_ms = 0;  // from this event on
  RetryAfter retry_after = RetryAfter::none;
  RetryMode mode = RetryMode::again;
  bool operator==(const RetryScheduled&) const = default;
};
/// The turn goes on with another model of the plan; `ModelSelected` follows.
struct FallbackSelected {
  std::uint32_t next_attempt = 0;
  std::uint32_t turn = 0;
  ModelRef from;
  ModelRef to;
  std::string reason;  // the code of the error
  RetryMode mode = RetryMode::again;
  bool operator==(const FallbackSelected&) const = default;
};
/// The run found its model left alone after failures, of this run or of others of the harness.
struct CircuitOpened {
  ModelRef model;
  std::uint64_t open_ms = 0;  // until a call is let through again
  bool operator==(const CircuitOpened&) const = default;
};
/// An answer of this run has shown that the model works again.
struct CircuitClosed {
  ModelRef model;
  bool operator==(const CircuitClosed&) const = default;
};

struct ToolCallRequested {
  std::string call_id;
  std::uint32_t turn = 0;
  std::string tool;
  std::string arguments;
  Hash argument_hash;
  EffectClass effect_class = EffectClass::irreversible;
  bool operator==(const ToolCallRequested&) const = default;
};
/// The call is about to act. This event is on disk before anything of it happens; one for each attempt.
struct ToolCallStarted {
  std::string call_id;
  std::uint32_t attempt = 1;    // of this call
  std::string idempotency_key;  // the same for every attempt
  std::optional<UndoRecord> undo;
  std::vector<ToolTarget> targets;
  std::optional<InterruptId> approval;  // the interrupt whose answer allowed it
  bool operator==(const ToolCallStarted&) const = default;
};
struct ToolCallFinished {
  std::string call_id;
  ToolOutcome outcome = ToolOutcome::error;
  std::vector<ContentPart> result;
  std::optional<harness::Error> error;
  std::optional<SharedBytes> full_output;  // all of the output where `result` shows less
  std::uint64_t latency_us = 0;            // of its executions, without waiting for approval
  bool is_untrusted = false;               // others may have written it: data, whatever it says
  bool operator==(const ToolCallFinished&) const = default;
};

/// A person is asked. The answer holds only for what is named here: the arguments, the tool's declaration, the policy,
/// and the targets as they were.
struct InterruptRaised {
  InterruptId interrupt_id;
  InterruptKind kind = InterruptKind::approval;
  std::string call_id;
  std::string tool;
  Hash argument_hash;
  Hash tool_hash;
  Hash policy_hash;
  std::vector<ToolTarget> targets;
  std::string shown;  // what the person is shown, unescaped
  Hash shown_hash;
  std::optional<std::uint64_t> expires_us;  // on the run's clock
  std::string reason = {};                  // why it is asked, beyond what the tool's declaration and the mode say
  bool operator==(const InterruptRaised&) const = default;
};
struct InterruptResolved {
  InterruptId interrupt_id;
  InterruptDecision decision = InterruptDecision::deny;
  std::string by;
  std::string reason;
  bool operator==(const InterruptResolved&) const = default;
};

struct HintQueued {
  HintId hint_id;
  HintPriority priority = HintPriority::asap;
  std::string text;
  std::string by;
  bool in_flight = false;                   // true when the provider took it into the answer under way
  std::optional<std::uint64_t> expires_us;  // on the run's clock
  bool operator==(const HintQueued&) const = default;
};
struct HintDelivered {
  HintId hint_id;
  std::uint32_t turn = 0;
  Hash item;
  bool operator==(const HintDelivered&) const = default;
};
struct HintDropped {
  HintId hint_id;
  std::string reason;  // run_ended, expired
  bool operator==(const HintDropped&) const = default;
};
struct CheckpointCreated {
  std::string label;
  std::string by;
  bool operator==(const CheckpointCreated&) const = default;
};
struct AbortRequested {
  AbortMode mode = AbortMode::now;
  std::string by;
  bool operator==(const AbortRequested&) const = default;
};
struct RunPaused {
  std::string by;
  bool operator==(const RunPaused&) const = default;
};
/// After `pause`: who resumed. After a crash: the store's epoch, and what was lost after which seq.
struct RunResumed {
  std::string by;
  std::uint64_t parked_us = 0;
  std::optional<std::uint64_t> epoch;
  std::optional<std::uint64_t> discarded_after;
  std::vector<std::string> lost;
  bool operator==(const RunResumed&) const = default;
};

struct Completed {
  FinishReason finish_reason = FinishReason::stop;
  std::string output;
  Usage usage;
  std::optional<std::uint64_t> cost_micro_usd;
  Latencies latencies;
  bool operator==(const Completed&) const = default;
};
/// The run failed. `partial_output` is what had been shown.
struct Error {
  harness::Error error;
  std::string partial_output;
  Usage usage;
  std::optional<std::uint64_t> cost_micro_usd;
  Latencies latencies;
  bool operator==(const Error&) const = default;
};
struct Aborted {
  AbortMode mode = AbortMode::now;
  std::string by;
  std::string partial_output;
  Usage usage;
  std::optional<std::uint64_t> cost_micro_usd;
  Latencies latencies;
  bool operator==(const Aborted&) const = default;
};
/// An event of a type that this version does not know, kept as it was.
struct Unknown {
  std::string type;
  RawJson data;
  bool operator==(const Unknown&) const = default;
};

}  // namespace events

}  // namespace orchestrator::harness
