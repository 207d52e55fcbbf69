// SPDX-License-Identifier: Apache-2.0
#include "kernel/evolve.hpp"

#include <algorithm>
#include <ranges>
#include <utility>

#include "event/item_value.hpp"

namespace orchestrator::harness::kernel {
namespace {

using event::ContextSource;
using event::make_context_entry;

class Evolution {
 public:
  Evolution(State& state, const EventMeta& meta) : state_(state), facts_(state.facts), meta_(meta) {}

  void operator()(const events::RunStarted& event) {
    facts_.identity = {meta_.run_id, meta_.session_id, meta_.trace_id, meta_.parent_span_id};
    facts_.spec = event;
    MessageItem message;
    message.parts = event.input;
    facts_.context.push_back(make_context_entry({std::move(message), {}}, ContextSource::input));
    facts_.assembled_items = facts_.context.size() - 1;
    Waiting waiting;
    waiting.since_us = meta_.elapsed_us;
    state_.phase = waiting;
  }
  void operator()(const events::ModelSelected& event) { facts_.model = event; }
  void operator()(const events::NegotiationFailed&) {}
  void operator()(const events::ContextTrimmed& event) {
    auto& context = facts_.context;
    for (const Hash& hash : event.dropped) {
      const auto found = std::ranges::find(context, hash, &event::ContextEntry::hash);
      if (found == context.end()) continue;
      if (static_cast<std::uint64_t>(found - context.begin()) < facts_.assembled_items) facts_.assembled_items -= 1;
      context.erase(found);
    }
  }
  void operator()(const events::ContextAssembled&) { facts_.assembled_items = facts_.context.size(); }

  void operator()(const events::ProviderRequested& event) {
    if (!facts_.first_request_us) {
      facts_.first_request_us = meta_.elapsed_us;
      facts_.latencies.queue_us = event.queue_us;
    }
    facts_.turn_started_us = meta_.elapsed_us;
    facts_.partial_output.clear();
    Attempt attempt;
    attempt.number = event.attempt;
    attempt.turn = event.turn;
    attempt.requested_us = meta_.elapsed_us;
    state_.phase = Calling{std::move(attempt)};
  }
  void operator()(const events::ProviderResponded&) {
    if (Attempt* attempt = current_attempt()) attempt->responded = true;
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
  void operator()(const events::UsageReported& event) { facts_.usage.add(event.usage); }
  void operator()(const events::AttemptFinished& event) {
    Attempt* attempt = current_attempt();
    if (attempt == nullptr) return;
    facts_.latencies.model_us += meta_.elapsed_us - attempt->requested_us;
    facts_.last_output = visible_text(*attempt);
    std::ranges::move(attempt->outputs, std::back_inserter(facts_.context));
    facts_.turn_started_us.reset();
    state_.phase = Waiting{.next_attempt = attempt->number + 1,
                           .next_turn = attempt->turn + 1,
                           .since_us = meta_.elapsed_us,
                           .answer = event.finish_reason};
  }
  void operator()(const events::AttemptFailed&) {
    Attempt* attempt = current_attempt();
    if (attempt == nullptr) return;
    facts_.latencies.model_us += meta_.elapsed_us - attempt->requested_us;
    facts_.partial_output = visible_text(*attempt);
    facts_.turn_started_us.reset();
    state_.phase = Waiting{.next_attempt = attempt->number + 1,
                           .next_turn = attempt->turn,
                           .since_us = meta_.elapsed_us,
                           .answer = std::nullopt};
  }
  void operator()(const events::TimeoutFired& event) {
    if (event.timer != TimerKind::run && event.timer != TimerKind::turn) return;
    if (auto* calling = std::get_if<Calling>(&state_.phase)) {
      state_.phase = Stopping{std::move(calling->attempt), event.timer};
    }
  }
  void operator()(const events::ToolCallRequested&) {}
  void operator()(const events::ToolCallFinished& event) {
    ToolResultItem result;
    result.call_id = event.call_id;
    result.parts = event.result;
    result.is_error = event.outcome != ToolOutcome::ok;
    result.custom = is_custom_call(event.call_id);
    facts_.context.push_back(make_context_entry({std::move(result), {}}, ContextSource::tool_result));
    facts_.latencies.tool_us += event.latency_us;
    if (auto* waiting = std::get_if<Waiting>(&state_.phase)) waiting->calls_answered = true;
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
  }
  void operator()(const events::RunResumed& event) {
    facts_.paused = false;
    facts_.parked_us += event.parked_us;
  }
  void operator()(const events::Completed&) { end("Completed"); }
  void operator()(const events::Error&) { end("Error"); }
  void operator()(const events::Aborted& event) {
    if (!event.partial_output.empty()) {
      MessageItem message;
      message.role = Role::assistant;
      message.parts.emplace_back(TextPart{event.partial_output});
      facts_.context.push_back(make_context_entry({std::move(message), {}}, ContextSource::output));
    }
    end("Aborted");
  }
  void operator()(const events::Unknown&) {}

 private:
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

  // The last one of this id: some models give the same ids in every turn.
  bool is_custom_call(const std::string& call_id) const {
    for (const event::ContextEntry& entry : std::views::reverse(facts_.context)) {
      const auto* call = std::get_if<ToolCallItem>(&entry.item->value);
      if (call != nullptr && call->call_id == call_id) return call->custom;
    }
    return false;
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
  for (event::ContextEntry& entry : state.facts.context) entry.source = ContextSource::history;
  return state;
}

void evolve(State& state, const StreamEvent& event) {
  std::visit(Evolution(state, event.meta), event.payload);
  state.facts.last_seq = event.meta.seq;
  state.facts.last_elapsed_us = event.meta.elapsed_us;
}

}  // namespace orchestrator::harness::kernel
