// SPDX-License-Identifier: Apache-2.0
#pragma once

// The state of a run: what you get by folding its events. A phase that owns what is valid in it, and facts that hold
// throughout. A value type; nothing but events changes it (`evolve`).

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <variant>
#include <vector>

#include "event/context_entry.hpp"
#include "event/effect.hpp"
#include "event/input.hpp"
#include "kernel/interval_histogram.hpp"
#include "kernel/read_loops.hpp"
#include "kernel/tool_calls.hpp"
#include "kernel/usage_sums.hpp"
#include "orchestrator/harness/stream.hpp"

namespace orchestrator::harness::kernel {

/// Between provider calls: waiting for a slot, or, while paused, for the word to go on. `answer` is how the last
/// turn ended, empty before the first.
struct Waiting {
  std::uint32_t next_attempt = 1;
  std::uint32_t next_turn = 1;
  std::uint64_t since_us = 0;
  std::optional<FinishReason> answer;
  bool calls_answered = false;          // the last turn asked for tool calls, and their results are in the context
  std::optional<TimerKind> stopped_by;  // a deadline that passed while its calls ran: the run ends
  std::uint64_t not_before_us = 0;      // the wait before another attempt
  bool is_retry = false;                // the next attempt repeats the one before, with the same model
  std::optional<Error> failure;         // of the attempt before, in this turn
  bool operator==(const Waiting&) const = default;
};
/// One output item of the attempt under way: what its pieces add up to so far.
struct ItemProgress {
  std::string item_id;
  ItemKind kind = ItemKind::text;
  std::string text;
  bool done = false;
  bool operator==(const ItemProgress&) const = default;
};

/// A provider call under way.
struct Attempt {
  std::uint32_t number = 0;
  std::uint32_t turn = 0;
  std::uint64_t requested_us = 0;
  bool responded = false;
  std::uint32_t status = 0;                        // of the answer, or 0
  std::optional<std::uint32_t> max_output_tokens;  // where the budget allows less than the settings
  bool is_probe = false;
  std::optional<std::uint64_t> last_output_us;
  std::vector<ItemProgress> items;           // in order of appearance
  std::vector<event::ContextEntry> outputs;  // of the items that are done
  AttemptPurpose purpose = AttemptPurpose::answer;
  std::optional<Waiting> then;             // of a summary: what the run goes back to
  std::vector<event::ContextEntry> going;  // and what it is of
  std::string summary;
  std::optional<std::uint64_t> cost_micro_usd;
  bool operator==(const Attempt&) const = default;
};

struct QueuedHint {
  HintId hint_id;
  HintPriority priority = HintPriority::asap;
  std::string text;
  std::optional<std::uint64_t> expires_us;
  bool operator==(const QueuedHint&) const = default;
};

/// Before `RunStarted`.
struct NotStarted {
  bool operator==(const NotStarted&) const = default;
};
struct Calling {
  Attempt attempt;
  bool operator==(const Calling&) const = default;
};
/// The calls of an answer are carried out. Ends, once all are finished, in `Waiting`.
struct Acting {
  std::uint32_t turn = 0;
  std::uint32_t next_attempt = 1;
  FinishReason answer = FinishReason::tool_calls;
  std::vector<ToolCallProgress> calls;  // in the order of the answer
  std::optional<TimerKind> stopped_by;  // a deadline that ends the run once nothing runs any more
  bool operator==(const Acting&) const = default;
};
/// A call is being cancelled; the run ends once it is gone: by the abort, or with the deadline's error.
struct Stopping {
  Attempt attempt;
  std::optional<TimerKind> timer;  // empty: aborted
  bool operator==(const Stopping&) const = default;
};
/// Another run is being replayed.
struct Replaying {
  events::ReplayStarted order;
  bool operator==(const Replaying&) const = default;
};
/// What becomes of one step of an undo.
enum class UndoStage : std::uint8_t { preparing, running };
/// Calls of another run are being taken back, in the order of the plan.
struct Undoing {
  events::UndoPlanned plan;
  std::uint32_t next = 0;  // the step under way; the ones before are finished
  UndoStage stage = UndoStage::preparing;
  std::uint32_t attempt = 0;     // of that step
  std::uint64_t started_us = 0;  // of that attempt
  std::uint32_t unfinished = 0;  // steps before that did not restore what they should
  bool operator==(const Undoing&) const = default;
};
struct Ended {
  std::string terminal;  // type of the terminal event
  bool operator==(const Ended&) const = default;
};

// The special members of this and of `Facts` are compiled once, not in every file that holds a state.
struct Phase : std::variant<NotStarted, Waiting, Calling, Acting, Stopping, Replaying, Undoing, Ended> {
  using variant::variant;
  using variant::operator=;
  Phase();
  Phase(const Phase&);
  Phase(Phase&&) noexcept;
  Phase& operator=(const Phase&);
  Phase& operator=(Phase&&) noexcept;
  ~Phase();
  bool operator==(const Phase&) const;
};

/// What a model wrote of items that are about to leave.
struct WrittenSummary {
  std::string text;
  std::vector<Hash> covers;
  std::optional<std::uint64_t> cost_micro_usd;
  bool operator==(const WrittenSummary&) const = default;
};

/// What holds in every phase after `RunStarted`.
struct Facts {
  Facts();
  Facts(const Facts&);
  Facts(Facts&&) noexcept;
  Facts& operator=(const Facts&);
  Facts& operator=(Facts&&) noexcept;
  ~Facts();
  bool operator==(const Facts&) const;

  event::RunIdentity identity;
  events::RunStarted spec;
  std::uint64_t last_seq = 0;
  std::uint64_t last_elapsed_us = 0;
  std::uint64_t text_bytes = 0;  // of all deltas and items: the guard of `Limits::run_bytes`
  std::optional<events::ModelSelected> model;
  std::vector<event::ContextEntry> context;
  std::vector<QueuedHint> hints;
  std::set<HintId> hint_ids;  // of all hints that were ever queued: the same hint again changes nothing
  bool paused = false;
  std::uint64_t paused_since_us = 0;
  std::optional<std::uint64_t> parked_since_us;  // paused, or nothing to do but wait for a person
  std::uint64_t parked_us = 0;                   // before that
  std::set<Hash> allowed_tools;                  // by `allow_run`: the hashes of their declarations
  std::uint32_t malformed_turns = 0;             // in a row, whose calls nobody could make
  std::uint32_t interrupts = 0;                  // raised so far
  std::uint32_t turn_attempts = 0;               // at the present turn, with the present model
  std::optional<events::AbortRequested> abort;
  std::optional<std::uint64_t> turn_started_us;
  UsageSums usage;
  CostSum cost;
  std::uint64_t spent_micro_usd = 0;   // at most: known costs, and bounds of those that are not; saturating
  std::uint64_t assembled_tokens = 0;  // of the last request, by estimate
  bool judges_input = false;           // the rules of the input were asked, and nothing else is
  bool recalls = false;                // the memory store was asked, and has not answered
  std::set<MemoryId> kept;             // memories that the run has left, or could not: one for each last word at most
  std::uint32_t summary_turn = 0;      // the last turn for which a summary was asked for
  std::optional<WrittenSummary> summary;
  ReadLoops loops;
  std::string untrusted_from;  // the tool whose result first was, or `history`, or `memory`; empty: nothing was
  Latencies latencies;
  std::optional<std::uint64_t> first_request_us;
  IntervalHistogram intervals;
  std::string last_output;                         // visible text of the last finished answer
  std::string partial_output;                      // visible text of the attempt that failed or was cut off
  std::string kept_output;                         // of this turn's failed attempts, where the next one continues them
  std::vector<SubstitutedGate> substituted_gates;  // of a fork
};

struct State {
  Phase phase;
  Facts facts;
  bool operator==(const State&) const = default;
};

/// The span of a run's own events, and of an attempt's: drawn from the run's seed, so that a replay has the same.
[[nodiscard]] SpanId run_span(const events::RunStarted& spec);
[[nodiscard]] SpanId attempt_span(const events::RunStarted& spec, std::uint32_t attempt);
[[nodiscard]] SpanId call_span(const events::RunStarted& spec, std::uint32_t turn, std::size_t index);

/// The visible text of an attempt so far: its text and refusal items in order of appearance.
[[nodiscard]] std::string visible_text(const Attempt& attempt);

/// The draw that spreads the wait before an attempt.
[[nodiscard]] std::uint64_t retry_draw(const events::RunStarted& spec, std::uint32_t attempt);

/// The request for a slot that a waiting run makes.
[[nodiscard]] event::effects::AcquireSlot acquire_slot(const Facts& facts, const Waiting& waiting);

/// The effects that are still owed in this state: what a process that takes the run over must issue.
[[nodiscard]] std::vector<event::Effect> owed_effects(const State& state);

/// Takes out of the settings what the chosen model does not take.
void drop_setting(GenerationSettings& settings, std::string_view name);

/// The call that an attempt makes: model, settings without what the model does not take, and the whole context.
[[nodiscard]] event::effects::CallProvider provider_call(const Facts& facts, const Attempt& attempt);

/// False before `RunStarted`: in an empty state, and in the state that a fork begins with.
[[nodiscard]] inline bool has_started(const State& state) { return state.facts.last_seq > 0; }

/// True while every requested call waits for a person, or the run is paused: time that no deadline of the run counts.
[[nodiscard]] bool is_parked(const State& state);

/// What a call needs that is prepared, runs, or whose fate is looked at.
[[nodiscard]] event::effects::PrepareTool prepare_tool(const Facts& facts, const Acting& acting, std::size_t index);
[[nodiscard]] event::effects::RunTool run_tool(const Facts& facts, const Acting& acting, std::size_t index);
[[nodiscard]] event::effects::VerifyTool verify_tool(const Facts& facts, const Acting& acting, std::size_t index);

/// The moment on the run's clock at which a deadline passes, with parked time added; nothing when there is none.
[[nodiscard]] std::optional<std::uint64_t> run_deadline_us(const Facts& facts);
[[nodiscard]] std::optional<std::uint64_t> turn_deadline_us(const Facts& facts);
/// When the first open question to a person expires.
[[nodiscard]] std::optional<std::uint64_t> approval_deadline_us(const State& state);

/// What the session knows after this run: the context it leaves to the next one. Empty `remember` leaves the history
/// the run began with.
[[nodiscard]] std::vector<event::ContextEntry> context_after(const State& state);

}  // namespace orchestrator::harness::kernel
