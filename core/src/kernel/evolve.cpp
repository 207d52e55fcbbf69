// SPDX-License-Identifier: Apache-2.0
#include "kernel/evolve.hpp"

#include <algorithm>
#include <utility>

#include "kernel/evolution.hpp"
#include "kernel/gates.hpp"
#include "kernel/run_memory.hpp"
#include "kernel/untrusted_output.hpp"

namespace orchestrator::harness::kernel {
namespace {

using event::ContextSource;
using event::make_context_entry;

}  // namespace

void Evolution::operator()(const events::RunStarted& event) {
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

void Evolution::operator()(const events::HintQueued& event) {
  facts_.hints.push_back({event.hint_id, event.priority, event.text, event.expires_us});
  facts_.hint_ids.insert(event.hint_id);
}

void Evolution::operator()(const events::HintDelivered& event) {
  const auto found = std::ranges::find(facts_.hints, event.hint_id, &QueuedHint::hint_id);
  if (found == facts_.hints.end()) return;
  facts_.context.push_back(make_context_entry(user_text(std::move(found->text)), ContextSource::hint));
  facts_.hints.erase(found);
  if (auto* waiting = std::get_if<Waiting>(&state_.phase)) waiting->answer.reset();  // it opens the next turn
}

void Evolution::operator()(const events::HintDropped& event) {
  std::erase_if(facts_.hints, [&](const QueuedHint& hint) { return hint.hint_id == event.hint_id; });
}

void Evolution::operator()(const events::CompensationStarted& event) {
  auto* undoing = std::get_if<Undoing>(&state_.phase);
  if (undoing == nullptr) return;
  undoing->stage = UndoStage::running;
  undoing->attempt = event.attempt;
  undoing->started_us = meta_.elapsed_us;
}

void Evolution::operator()(const events::CompensationFinished& event) {
  auto* undoing = std::get_if<Undoing>(&state_.phase);
  if (undoing == nullptr) return;
  facts_.latencies.tool_us += event.latency_us;
  undoing->next = event.index + 1;
  undoing->stage = UndoStage::preparing;
  undoing->attempt = 0;
  if (event.outcome != CompensationOutcome::restored) undoing->unfinished += 1;
}

void Evolution::operator()(const events::AbortRequested& event) {
  facts_.abort = event;
  if (event.mode != AbortMode::now) return;
  if (auto* calling = std::get_if<Calling>(&state_.phase)) {
    state_.phase = Stopping{std::move(calling->attempt), std::nullopt};
  }
}

void Evolution::operator()(const events::RunPaused&) {
  facts_.paused = true;
  facts_.paused_since_us = meta_.elapsed_us;
  update_parking();
}

void Evolution::operator()(const events::RunResumed& event) {
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

void Evolution::operator()(const events::Aborted& event) {
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

void Evolution::note_untrusted(std::string_view from) {
  if (facts_.untrusted_from.empty()) facts_.untrusted_from = from;
}

void Evolution::wait_after(const Acting& acting) {
  Waiting waiting;
  waiting.next_attempt = acting.next_attempt;
  waiting.next_turn = acting.turn + 1;
  waiting.since_us = meta_.elapsed_us;
  waiting.answer = acting.answer;
  waiting.calls_answered = !acting.calls.empty();
  waiting.stopped_by = acting.stopped_by;
  state_.phase = waiting;
}

void Evolution::update_parking() {
  const bool parked = is_parked(state_);
  if (parked && !facts_.parked_since_us) facts_.parked_since_us = meta_.elapsed_us;
  if (!parked && facts_.parked_since_us) {
    facts_.parked_us += meta_.elapsed_us - *facts_.parked_since_us;
    facts_.parked_since_us.reset();
  }
}

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
