// SPDX-License-Identifier: Apache-2.0
#include "kernel/fork_state.hpp"

#include <algorithm>
#include <utility>

#include "kernel/evolve.hpp"
#include "kernel/gates.hpp"
#include "kernel/run_memory.hpp"

namespace orchestrator::harness::kernel {
namespace {

using event::ContextSource;

// Back to where the attempt was asked for.
void go_back(State& base, const Attempt& attempt) {
  Waiting& waiting = base.phase.emplace<Waiting>();
  waiting.next_turn = attempt.turn;
  if (attempt.purpose != AttemptPurpose::summary) return;
  base.facts.summary_turn = 0;
  if (!attempt.then) return;
  waiting.next_turn = attempt.then->next_turn;
  waiting.answer = attempt.then->answer;
  waiting.calls_answered = attempt.then->calls_answered;
}

void rest(Waiting& waiting) {
  waiting.next_attempt = 1;
  waiting.since_us = 0;
  waiting.not_before_us = 0;
  waiting.is_retry = false;
  waiting.failure.reset();
  waiting.stopped_by.reset();
}

void rest(ToolCallProgress& call, const events::RunStarted& spec) {
  call.started_us = 0;
  call.ran_us = 0;
  if (call.stage == CallStage::due || call.stage == CallStage::finished) return;
  const bool has_begun = call.attempt > 0;
  call.interrupt.reset();
  if (has_begun && !may_run_twice(spec, call.tool)) {
    call.stage = CallStage::lost;
    return;
  }
  call.stage = CallStage::preparing;
  call.attempt = 0;
  call.undo.reset();
  call.targets.clear();
  call.approval.reset();
  call.is_approved_knowing = false;
  call.started_by = {};
}

Acting rested(Acting acting, const events::RunStarted& spec) {
  acting.next_attempt = 1;
  acting.stopped_by.reset();
  for (ToolCallProgress& call : acting.calls) rest(call, spec);
  return acting;
}

const ToolResultItem* result_of(const event::ContextEntry& entry) {
  return std::get_if<ToolResultItem>(&entry.item->value);
}

// The last result of a call of that id: ids may come again in later answers.
auto find_result(auto& context, const std::string& call_id) {
  const auto found = std::find_if(context.rbegin(), context.rend(), [&](const event::ContextEntry& entry) {
    const ToolResultItem* result = result_of(entry);
    return entry.source == ContextSource::tool_result && result != nullptr && result->call_id == call_id;
  });
  return found == context.rend() ? nullptr : &*found;
}

event::ContextEntry substituted_entry(const event::ContextEntry& entry, const SubstitutedResult& substitute) {
  ToolResultItem result = *result_of(entry);
  result.parts = substitute.result;
  result.is_error = substitute.outcome != ToolOutcome::ok;
  return event::make_context_entry({std::move(result), {}}, ContextSource::tool_result);
}

auto find_input(auto& context) {
  return std::ranges::find(context, ContextSource::input, &event::ContextEntry::source);
}

ToolCallProgress* call_of(State& state, const std::string& call_id) {
  auto* acting = std::get_if<Acting>(&state.phase);
  if (acting == nullptr) return nullptr;
  const auto found = std::ranges::find(acting->calls, call_id, &ToolCallProgress::call_id);
  return found == acting->calls.end() ? nullptr : &*found;
}

void substitute_result(State& state, const SubstitutedResult& substitute) {
  if (ToolCallProgress* call = call_of(state, substitute.call_id)) {
    if (call->stage == CallStage::finished) {
      call->result = substituted_entry(*call->result, substitute);
    } else {
      call->substituted = substitute;
    }
    return;
  }
  if (event::ContextEntry* entry = find_result(state.facts.context, substitute.call_id)) {
    *entry = substituted_entry(*entry, substitute);
  }
}

}  // namespace

void evolve_prefix(State& state, const StreamEvent& event) {
  if (event.is_terminal()) return;
  const auto* started = event.get_if<events::RunStarted>();
  if (started != nullptr && started->kind == RunKind::fork && has_started(state)) state = fork_base(std::move(state));
  evolve(state, event);
}

State fork_base(State at_point) {
  State base = std::move(at_point);
  Facts& facts = base.facts;
  for (QueuedHint& hint : facts.hints) {
    if (hint.expires_us) *hint.expires_us -= std::min(*hint.expires_us, facts.last_elapsed_us);
  }
  if (auto* calling = std::get_if<Calling>(&base.phase)) go_back(base, Attempt(std::move(calling->attempt)));
  if (auto* stopping = std::get_if<Stopping>(&base.phase)) go_back(base, Attempt(std::move(stopping->attempt)));
  if (auto* waiting = std::get_if<Waiting>(&base.phase)) rest(*waiting);
  if (auto* acting = std::get_if<Acting>(&base.phase)) *acting = rested(std::move(*acting), facts.spec);

  facts.last_seq = 0;
  facts.last_elapsed_us = 0;
  facts.text_bytes = 0;
  facts.model.reset();
  facts.paused = false;
  facts.paused_since_us = 0;
  facts.parked_since_us.reset();
  facts.parked_us = 0;
  facts.allowed_tools.clear();
  facts.interrupts = 0;
  facts.turn_attempts = 0;
  facts.abort.reset();
  facts.turn_started_us.reset();
  facts.usage = {};
  facts.cost = {};
  facts.spent_micro_usd = 0;
  facts.kept.clear();
  if (facts.summary) facts.summary->cost_micro_usd.reset();
  facts.latencies = {};
  facts.first_request_us.reset();
  facts.intervals = {};
  facts.partial_output = facts.kept_output;
  facts.substituted_gates.clear();
  return base;
}

bool is_fork_base(const State& state) {
  return !has_started(state) &&
         (std::holds_alternative<Waiting>(state.phase) || std::holds_alternative<Acting>(state.phase));
}

bool is_at_rest(const State& base) {
  const auto* waiting = std::get_if<Waiting>(&base.phase);
  return waiting != nullptr && is_last_word(*waiting) && base.facts.hints.empty();
}

bool has_input(const State& base) { return find_input(base.facts.context) != base.facts.context.end(); }

bool has_call(const State& base, const std::string& call_id) {
  const auto* acting = std::get_if<Acting>(&base.phase);
  if (acting != nullptr &&
      std::ranges::any_of(acting->calls, [&](const auto& call) { return call.call_id == call_id; })) {
    return true;
  }
  return find_result(base.facts.context, call_id) != nullptr;
}

void begin_fork(State& state, const events::RunStarted& started) {
  Facts& facts = state.facts;
  if (started.input != facts.spec.input) {
    if (const auto input = find_input(facts.context); input != facts.context.end()) {
      MessageItem message;
      message.parts = started.input;
      *input = event::make_context_entry({std::move(message), {}}, ContextSource::input);
    }
  }
  facts.spec = started;
  // Between turns the rules are asked as of any new run; calls of an answer follow an input that was judged.
  facts.judges_input = std::holds_alternative<Waiting>(state.phase) && has_gates(started, GatePhase::input);
  facts.recalls = facts.recalls && wants_recall(started);
}

void substitute(State& state, const events::RunForked& forked) {
  state.facts.substituted_gates = forked.gates;
  for (const SubstitutedResult& result : forked.results) substitute_result(state, result);
}

}  // namespace orchestrator::harness::kernel
