// SPDX-License-Identifier: Apache-2.0
#include "kernel/evolve.hpp"
#include "kernel/gates.hpp"

#include <algorithm>
#include <limits>
#include <ranges>
#include <utility>

#include "event/item_value.hpp"
#include "kernel/fork_state.hpp"
#include "kernel/money.hpp"
#include "kernel/run_memory.hpp"
#include "kernel/summary_call.hpp"
#include "kernel/untrusted_output.hpp"

namespace orchestrator::harness::kernel {
namespace {

using event::ContextSource;

constexpr const char* kGoOn =
    "The connection broke while you answered. Go on exactly where your last message ends; repeat nothing of it.";

using event::make_context_entry;

class Evolution {
 public:
  Evolution(State& state, const EventMeta& meta) : state_(state), facts_(state.facts), meta_(meta) {}

  void operator()(const events::RunStarted& event) {
    facts_.identity = {meta_.run_id, meta_.session_id, meta_.trace_id, meta_.parent_span_id};
    if (event.kind == RunKind::fork && is_fork_base(state_)) {
      begin_fork(state_, event);
      return;
    }
    facts_.spec = event;
    if (event.kind == RunKind::replay || event.kind == RunKind::undo) return;  // it asks nobody anything
    facts_.recalls = wants_recall(event);
    facts_.judges_input = has_gates(event, GatePhase::input);
    if (event.is_history_untrusted) note_untrusted(kFromHistory);
    std::vector<event::ContextEntry> pinned;
    for (const PinnedText& text : event.context.pinned) {
      pinned.push_back(make_context_entry(user_text(text.text), ContextSource::pinned));
    }
    facts_.context.insert(facts_.context.begin(), pinned.begin(), pinned.end());
    MessageItem message;
    message.parts = event.input;
    facts_.context.push_back(make_context_entry({std::move(message), {}}, ContextSource::input));
    Waiting waiting;
    waiting.since_us = meta_.elapsed_us;
    state_.phase = waiting;
  }
  void operator()(const events::ModelSelected& event) { facts_.model = event; }
  void operator()(const events::NegotiationFailed&) {}
  void operator()(const events::ContextTrimmed& event) {
    auto& context = facts_.context;
    // What goes stands in the order of the context: one pass over each of the two parts.
    std::uint64_t next_own = event.dropped.size() - std::min<std::uint64_t>(event.own_items, event.dropped.size());
    const std::uint64_t history_end = next_own;
    std::uint64_t next_history = 0;
    std::erase_if(context, [&](const event::ContextEntry& entry) {
      const bool is_history = entry.source == ContextSource::history;
      std::uint64_t& next = is_history ? next_history : next_own;
      const std::uint64_t end = is_history ? history_end : event.dropped.size();
      if (next == end || entry.hash != event.dropped[next]) return false;
      ++next;
      return true;
    });
    if (event.own_items > 0) facts_.loops.compacted();
    facts_.summary.reset();
    if (!event.summary) return;
    std::erase_if(context, [](const event::ContextEntry& entry) { return entry.source == ContextSource::summary; });
    const auto place = std::ranges::find_if_not(
        context, [](const event::ContextEntry& entry) { return entry.source == ContextSource::pinned; });
    context.insert(place, make_context_entry(user_text(*event.summary), ContextSource::summary));
  }
  void operator()(const events::ContextAssembled& event) {
    for (event::ContextEntry& entry : facts_.context) entry.is_listed = true;
    facts_.loops.requested();
    facts_.assembled_tokens = event.tokens_estimate;
  }

  void operator()(const events::ContextSummarised& event) {
    if (Attempt* attempt = current_attempt()) attempt->summary += event.text;
  }
  void operator()(const events::MemoryRetrieved& event) {
    facts_.recalls = false;
    add_side_cost(event.cost_micro_usd);
    const auto input = std::ranges::find(facts_.context, ContextSource::input, &event::ContextEntry::source);
    std::vector<event::ContextEntry> notes;
    for (const events::RetrievedMemory& hit : event.hits) {
      notes.push_back(make_context_entry(memory_note(hit), ContextSource::memory));
    }
    facts_.context.insert(input, notes.begin(), notes.end());
    if (!event.hits.empty()) note_untrusted(kFromMemory);
  }
  void operator()(const events::GateEvaluated& event) {
    add_side_cost(event.cost_micro_usd);
    if (event.phase == GatePhase::input) facts_.judges_input = false;
  }
  void operator()(const events::RedactionApplied&) {}
  void operator()(const events::MemoryStored& event) {
    facts_.kept.insert(event.id);
    add_side_cost(event.cost_micro_usd);
  }
  void operator()(const events::LoopSuspected& event) { facts_.loops.warned(event.tool, event.argument_hash); }

  void operator()(const events::ProviderRequested& event) {
    if (!facts_.first_request_us) {
      facts_.first_request_us = meta_.elapsed_us;
      facts_.latencies.queue_us = event.queue_us;
    }
    facts_.turn_started_us = meta_.elapsed_us;
    Attempt attempt;
    attempt.purpose = event.purpose;
    if (event.purpose == AttemptPurpose::summary) {
      facts_.summary_turn = event.turn;
      attempt.going = going_to_summary(facts_);
      if (const auto* waiting = std::get_if<Waiting>(&state_.phase)) attempt.then = *waiting;
    } else {
      facts_.partial_output = facts_.kept_output;
      facts_.turn_attempts += 1;
    }
    attempt.number = event.attempt;
    attempt.turn = event.turn;
    attempt.max_output_tokens = event.max_output_tokens;
    attempt.is_probe = event.is_probe;
    attempt.requested_us = meta_.elapsed_us;
    state_.phase = Calling{std::move(attempt)};
  }
  void operator()(const events::ProviderResponded& event) {
    Attempt* attempt = current_attempt();
    if (attempt == nullptr) return;
    attempt->responded = true;
    attempt->status = event.status;
  }
  void operator()(const events::OutputDelta& event) { extend(event.item_id, ItemKind::text, event.text); }
  void operator()(const events::ReasoningDelta& event) { extend(event.item_id, ItemKind::reasoning, event.text); }
  void operator()(const events::ToolArgumentsDelta& event) { extend(event.item_id, ItemKind::tool_call, event.text); }
  void operator()(const events::OutputItemCompleted& event) {
    Attempt* attempt = current_attempt();
    if (attempt == nullptr) return;
    ItemProgress& progress = progress_of(*attempt, event.item_id, event.kind);
    progress.kind = event.kind;
    progress.done = true;
    // An item may come whole, without deltas.
    if (progress.text.empty() && event::is_visible(event.kind)) progress.text = event::value_of(event.item);
    note_first_output();
    attempt->outputs.push_back(make_context_entry(event.item, ContextSource::output));
    facts_.text_bytes += attempt->outputs.back().bytes;
  }
  void operator()(const events::UsageReported& event) {
    facts_.usage.add(event.usage);
    facts_.cost.add(event.cost_micro_usd);
    Attempt* attempt = current_attempt();
    if (attempt == nullptr) return;
    attempt->cost_micro_usd = event.cost_micro_usd;
    if (event.cost_micro_usd) {
      spend(*event.cost_micro_usd);
    } else if (attempt->responded) {
      spend(cost_bound(facts_, *attempt, event.usage));
    }
  }
  void operator()(const events::AttemptFinished& event) {
    Attempt* attempt = current_attempt();
    if (attempt == nullptr) return;
    facts_.latencies.model_us += meta_.elapsed_us - attempt->requested_us;
    if (attempt->purpose == AttemptPurpose::summary) {
      if (!attempt->summary.empty()) {
        WrittenSummary written{std::move(attempt->summary), {}, attempt->cost_micro_usd};
        for (const event::ContextEntry& entry : attempt->going) written.covers.push_back(entry.hash);
        facts_.summary = std::move(written);
      }
      end_summary(*attempt);
      return;
    }
    facts_.last_output = std::exchange(facts_.kept_output, {}) + visible_text(*attempt);
    facts_.partial_output.clear();
    facts_.turn_attempts = 0;
    std::vector<ToolCallProgress> calls;
    for (const event::ContextEntry& entry : attempt->outputs) {
      const auto* item = std::get_if<ToolCallItem>(&entry.item->value);
      if (item == nullptr) continue;
      ToolCallProgress& call = calls.emplace_back();
      call.call_id = item->call_id;
      call.tool = item->name;
      call.arguments = item->arguments;
      call.custom = item->custom;
    }
    std::ranges::move(attempt->outputs, std::back_inserter(facts_.context));
    facts_.turn_started_us.reset();
    Acting acting;
    acting.turn = attempt->turn;
    acting.next_attempt = attempt->number + 1;
    acting.answer = event.finish_reason;
    acting.calls = std::move(calls);
    if (acting.calls.empty()) {
      wait_after(acting);
    } else {
      state_.phase = std::move(acting);
    }
  }
  void operator()(const events::AttemptFailed& event) {
    Attempt* attempt = current_attempt();
    if (attempt == nullptr) return;
    facts_.latencies.model_us += meta_.elapsed_us - attempt->requested_us;
    if (!attempt->responded && may_have_been_sent(event.error)) spend(cost_bound(facts_, *attempt, {}));
    if (attempt->purpose == AttemptPurpose::summary) {
      end_summary(*attempt);
      return;
    }
    facts_.partial_output = facts_.kept_output + visible_text(*attempt);
    facts_.turn_started_us.reset();
    Waiting waiting;
    waiting.next_attempt = attempt->number + 1;
    waiting.next_turn = attempt->turn;
    waiting.since_us = meta_.elapsed_us;
    waiting.failure = event.error;
    state_.phase = std::move(waiting);
  }
  void operator()(const events::RetryScheduled& event) {
    keep_output(event.mode);
    auto* waiting = std::get_if<Waiting>(&state_.phase);
    if (waiting == nullptr) return;
    // A lost attempt has told nothing of the provider.
    waiting->is_retry = event.reason != name_of(ProviderErrorCode::provider_lost);
    waiting->not_before_us = meta_.elapsed_us + event.delay_ms * 1'000;
  }
  void operator()(const events::FallbackSelected& event) {
    keep_output(event.mode);
    facts_.turn_attempts = 0;
    auto* waiting = std::get_if<Waiting>(&state_.phase);
    if (waiting == nullptr) return;
    waiting->is_retry = false;
    waiting->not_before_us = 0;
  }
  void operator()(const events::CircuitOpened&) {}
  void operator()(const events::CircuitClosed&) {}
  void operator()(const events::TimeoutFired& event) {
    if (event.timer == TimerKind::tool) return;  // the call ends, the run does not
    if (auto* acting = std::get_if<Acting>(&state_.phase)) acting->stopped_by = event.timer;
    if (event.timer != TimerKind::run && event.timer != TimerKind::turn) return;
    if (auto* calling = std::get_if<Calling>(&state_.phase)) {
      state_.phase = Stopping{std::move(calling->attempt), event.timer};
    }
  }
  void operator()(const events::ToolCallRequested& event) {
    auto* acting = std::get_if<Acting>(&state_.phase);
    if (acting == nullptr) return;
    const auto due = std::ranges::find_if(acting->calls, [&](const ToolCallProgress& call) {
      return call.stage == CallStage::due && call.call_id == event.call_id;
    });
    if (due != acting->calls.end()) due->stage = CallStage::preparing;
    if (event.effect_class == EffectClass::pure) facts_.loops.read(event.tool, event.argument_hash);
  }
  void operator()(const events::ToolCallStarted& event) {
    ToolCallProgress* call = current_call(event.call_id);
    if (call == nullptr) return;
    if (call->attempt > 0) call->ran_us += ran_us(*call);
    call->stage = CallStage::running;
    call->attempt = event.attempt;
    call->started_us = meta_.elapsed_us;
    call->undo = event.undo;
    call->targets = event.targets;
    call->started_by = meta_.run_id;
    update_parking();
  }
  void operator()(const events::ToolCallFinished& event) {
    facts_.latencies.tool_us += event.latency_us;
    ToolCallProgress* call = current_call(event.call_id);
    if (call == nullptr) return;
    ToolResultItem result;
    result.call_id = event.call_id;
    result.parts = event.result;
    if (event.is_untrusted) {
      const std::uint32_t turn = std::get<Acting>(state_.phase).turn;
      result.parts = marked_as_data(facts_.spec, {turn, event.call_id}, std::move(result.parts));
    }
    if (event.is_untrusted || is_unmarked(*call, event)) note_untrusted(call->tool);
    result.is_error = event.outcome != ToolOutcome::ok;
    result.custom = call->custom;
    call->result = make_context_entry({std::move(result), {}}, ContextSource::tool_result);
    call->stage = CallStage::finished;
    call->interrupt.reset();
    call->malformed = event.error && (event.error->code == "tool_args_invalid" || event.error->code == "unknown_tool");
    update_parking();
    finish_calls();
  }
  void operator()(const events::InterruptRaised& event) {
    facts_.interrupts += 1;
    ToolCallProgress* call = current_call(event.call_id);
    if (call == nullptr) return;
    call->stage = CallStage::awaiting;
    call->interrupt = event;
    update_parking();
  }
  void operator()(const events::InterruptResolved& event) {
    auto* acting = std::get_if<Acting>(&state_.phase);
    if (acting == nullptr) return;
    for (ToolCallProgress& call : acting->calls) {
      if (!call.interrupt || call.interrupt->interrupt_id != event.interrupt_id) continue;
      const bool is_approval = call.interrupt->kind == InterruptKind::approval;
      const bool is_of_this_call = !call.interrupt->reason.empty();
      if (event.decision != InterruptDecision::deny) {
        call.approval = event.interrupt_id;
        call.is_approved_knowing = is_of_this_call;
      }
      // Who was asked because of something untrusted has judged this call and no other.
      if (event.decision == InterruptDecision::allow_run && !is_of_this_call) {
        facts_.allowed_tools.insert(call.interrupt->tool_hash);
      }
      // What was approved stays with the call, to be compared once more before it starts.
      if (is_approval) call.targets = call.interrupt->targets;
      call.stage = is_approval ? CallStage::preparing : CallStage::lost;
      call.interrupt.reset();
    }
    update_parking();
  }
  void operator()(const events::HintQueued& event) {
    facts_.hints.push_back({event.hint_id, event.priority, event.text, event.expires_us});
    facts_.hint_ids.insert(event.hint_id);
  }
  void operator()(const events::HintDelivered& event) {
    const auto found = std::ranges::find(facts_.hints, event.hint_id, &QueuedHint::hint_id);
    if (found == facts_.hints.end()) return;
    facts_.context.push_back(make_context_entry(user_text(std::move(found->text)), ContextSource::hint));
    facts_.hints.erase(found);
  }
  void operator()(const events::HintDropped& event) {
    std::erase_if(facts_.hints, [&](const QueuedHint& hint) { return hint.hint_id == event.hint_id; });
  }
  void operator()(const events::CheckpointCreated&) {}
  void operator()(const events::RunForked& event) { substitute(state_, event); }
  void operator()(const events::ReplayStarted& event) { state_.phase = Replaying{event}; }
  void operator()(const events::ReplayMatched&) {}
  void operator()(const events::ReplayDiverged&) {}
  void operator()(const events::ReplayTokenIssued&) {}
  void operator()(const events::UndoPlanned& event) { state_.phase = Undoing{event, 0, {}, 0, 0, 0}; }
  void operator()(const events::CompensationStarted& event) {
    auto* undoing = std::get_if<Undoing>(&state_.phase);
    if (undoing == nullptr) return;
    undoing->stage = UndoStage::running;
    undoing->attempt = event.attempt;
    undoing->started_us = meta_.elapsed_us;
  }
  void operator()(const events::CompensationFinished& event) {
    auto* undoing = std::get_if<Undoing>(&state_.phase);
    if (undoing == nullptr) return;
    facts_.latencies.tool_us += event.latency_us;
    undoing->next = event.index + 1;
    undoing->stage = UndoStage::preparing;
    undoing->attempt = 0;
    if (event.outcome != CompensationOutcome::restored) undoing->unfinished += 1;
  }
  void operator()(const events::AbortRequested& event) {
    facts_.abort = event;
    if (event.mode != AbortMode::now) return;
    if (auto* calling = std::get_if<Calling>(&state_.phase)) {
      state_.phase = Stopping{std::move(calling->attempt), std::nullopt};
    }
  }
  void operator()(const events::RunPaused&) {
    facts_.paused = true;
    facts_.paused_since_us = meta_.elapsed_us;
    update_parking();
  }
  void operator()(const events::RunResumed& event) {
    if (!event.epoch) facts_.paused = false;
    if (auto* acting = std::get_if<Acting>(&state_.phase); acting != nullptr && event.epoch) {
      for (ToolCallProgress& call : acting->calls) {
        if (call.stage != CallStage::running) continue;
        call.ran_us += ran_us(call);
        call.started_us = meta_.elapsed_us;
        call.stage = CallStage::lost;
      }
    }
    update_parking();
  }
  void operator()(const events::Completed&) { end("Completed"); }
  void operator()(const events::Error&) { end("Error"); }
  void operator()(const events::Aborted& event) {
    // What was kept of earlier attempts is in the context already.
    const std::string_view partial =
        std::string_view(event.partial_output).substr(std::min(facts_.kept_output.size(), event.partial_output.size()));
    if (!partial.empty()) {
      MessageItem message;
      message.role = Role::assistant;
      message.parts.emplace_back(TextPart{std::string(partial)});
      facts_.context.push_back(make_context_entry({std::move(message), {}}, ContextSource::output));
    }
    end("Aborted");
  }
  void operator()(const events::Unknown&) {}

 private:
  // A run without a stance marks nothing; a later one of its session must know all the same.
  [[nodiscard]] bool is_unmarked(const ToolCallProgress& call, const events::ToolCallFinished& event) const {
    const bool has_returned = event.outcome == ToolOutcome::ok || event.outcome == ToolOutcome::error;
    return facts_.spec.tool_policy.injection == InjectionStance::off && call.attempt > 0 && has_returned &&
           may_be_of_others(facts_.spec, call.tool, event.result);
  }
  void note_untrusted(std::string_view from) {
    if (facts_.untrusted_from.empty()) facts_.untrusted_from = from;
  }

  void spend(std::uint64_t micro_usd) {
    facts_.spent_micro_usd += std::min(micro_usd, std::numeric_limits<std::uint64_t>::max() - facts_.spent_micro_usd);
  }

  // Zero is no part of the run's sum: no other model was asked.
  void add_side_cost(const std::optional<std::uint64_t>& micro_usd) {
    if (micro_usd == 0) return;
    facts_.cost.add(micro_usd);
    if (micro_usd) spend(*micro_usd);
  }

  // The run goes back to where it was, with the next attempt.
  void end_summary(const Attempt& attempt) {
    Waiting waiting = attempt.then.value_or(Waiting{});
    waiting.next_attempt = attempt.number + 1;
    waiting.next_turn = attempt.turn;
    waiting.since_us = meta_.elapsed_us;
    facts_.turn_started_us.reset();
    state_.phase = std::move(waiting);
  }

  // What the next attempt goes on from: the text so far, and a request for the rest of it.
  void keep_output(RetryMode mode) {
    if (mode == RetryMode::restart) facts_.partial_output = facts_.kept_output;  // the rest is void
    if (mode != RetryMode::continue_answer) return;
    MessageItem message;
    message.role = Role::assistant;
    message.parts.emplace_back(TextPart{facts_.partial_output.substr(facts_.kept_output.size())});
    facts_.context.push_back(make_context_entry({std::move(message), {}}, ContextSource::retry));
    facts_.context.push_back(make_context_entry(user_text(kGoOn), ContextSource::retry));
    facts_.kept_output = facts_.partial_output;
  }

  Attempt* current_attempt() {
    if (auto* calling = std::get_if<Calling>(&state_.phase)) return &calling->attempt;
    if (auto* stopping = std::get_if<Stopping>(&state_.phase)) return &stopping->attempt;
    return nullptr;
  }

  static ItemProgress& progress_of(Attempt& attempt, const std::string& item_id, ItemKind kind) {
    const auto found = std::find_if(attempt.items.rbegin(), attempt.items.rend(),
                                    [&](const ItemProgress& progress) { return progress.item_id == item_id; });
    if (found != attempt.items.rend()) return *found;
    return attempt.items.emplace_back(ItemProgress{item_id, kind, {}, false});
  }

  void extend(const std::string& item_id, ItemKind kind, const std::string& text) {
    Attempt* attempt = current_attempt();
    if (attempt == nullptr) return;
    progress_of(*attempt, item_id, kind).text += text;
    facts_.text_bytes += text.size();
    note_first_output();
    // Deltas of one chunk share a moment: a gap is between chunks.
    if (attempt->last_output_us && meta_.elapsed_us > *attempt->last_output_us) {
      facts_.intervals.add(meta_.elapsed_us - *attempt->last_output_us);
    }
    attempt->last_output_us = meta_.elapsed_us;
  }

  void note_first_output() {
    if (!facts_.latencies.first_token_us && facts_.first_request_us) {
      facts_.latencies.first_token_us = meta_.elapsed_us - *facts_.first_request_us;
    }
  }

  ToolCallProgress* current_call(const std::string& call_id) {
    auto* acting = std::get_if<Acting>(&state_.phase);
    return acting == nullptr ? nullptr : open_call(acting->calls, call_id);
  }
  [[nodiscard]] std::uint64_t ran_us(const ToolCallProgress& call) const {
    return call.stage == CallStage::running ? meta_.elapsed_us - call.started_us : 0;
  }

  // Once the last call has its result, the results go to the model in the order of the calls.
  void finish_calls() {
    auto* acting = std::get_if<Acting>(&state_.phase);
    if (acting == nullptr || count_at(acting->calls, CallStage::finished) != acting->calls.size()) return;
    for (ToolCallProgress& call : acting->calls) facts_.context.push_back(*std::move(call.result));
    const bool all_malformed = std::ranges::all_of(acting->calls, &ToolCallProgress::malformed);
    facts_.malformed_turns = all_malformed ? facts_.malformed_turns + 1 : 0;
    wait_after(Acting(std::move(*acting)));
  }
  void wait_after(const Acting& acting) {
    Waiting waiting;
    waiting.next_attempt = acting.next_attempt;
    waiting.next_turn = acting.turn + 1;
    waiting.since_us = meta_.elapsed_us;
    waiting.answer = acting.answer;
    waiting.calls_answered = !acting.calls.empty();
    waiting.stopped_by = acting.stopped_by;
    state_.phase = waiting;
  }

  void update_parking() {
    const bool parked = is_parked(state_);
    if (parked && !facts_.parked_since_us) facts_.parked_since_us = meta_.elapsed_us;
    if (!parked && facts_.parked_since_us) {
      facts_.parked_us += meta_.elapsed_us - *facts_.parked_since_us;
      facts_.parked_since_us.reset();
    }
  }

  void end(const char* terminal) { state_.phase = Ended{terminal}; }

  State& state_;
  Facts& facts_;
  const EventMeta& meta_;
};

}  // namespace

State initial_state(std::vector<event::ContextEntry> history) {
  State state;
  state.facts.context = std::move(history);
  for (event::ContextEntry& entry : state.facts.context) {
    entry.source = ContextSource::history;
    entry.is_listed = true;
  }
  return state;
}

void evolve(State& state, const StreamEvent& event) {
  std::visit(Evolution(state, event.meta), event.payload);
  state.facts.last_seq = event.meta.seq;
  state.facts.last_elapsed_us = event.meta.elapsed_us;
}

}  // namespace orchestrator::harness::kernel
