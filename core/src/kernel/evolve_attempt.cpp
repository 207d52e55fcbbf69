// SPDX-License-Identifier: Apache-2.0
// Requests to a model, and what comes back.
#include <algorithm>
#include <limits>
#include <ranges>
#include <utility>

#include "event/item_value.hpp"
#include "kernel/evolution.hpp"
#include "kernel/money.hpp"
#include "kernel/summary_call.hpp"

namespace orchestrator::harness::kernel {
namespace {

using event::ContextSource;
using event::make_context_entry;

constexpr const char* kGoOn =
    "The connection broke while you answered. Go on exactly where your last message ends; repeat nothing of it.";

}  // namespace

void Evolution::operator()(const events::ProviderRequested& event) {
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

void Evolution::operator()(const events::ProviderResponded& event) {
  Attempt* attempt = current_attempt();
  if (attempt == nullptr) return;
  attempt->responded = true;
  attempt->status = event.status;
}

void Evolution::operator()(const events::OutputItemCompleted& event) {
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

void Evolution::operator()(const events::UsageReported& event) {
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

void Evolution::operator()(const events::AttemptFinished& event) {
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

void Evolution::operator()(const events::AttemptFailed& event) {
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

void Evolution::operator()(const events::RetryScheduled& event) {
  keep_output(event.mode);
  auto* waiting = std::get_if<Waiting>(&state_.phase);
  if (waiting == nullptr) return;
  // A lost attempt has told nothing of the provider.
  waiting->is_retry = event.reason != name_of(ProviderErrorCode::provider_lost);
  waiting->not_before_us = meta_.elapsed_us + event.delay_ms * 1'000;
}

void Evolution::operator()(const events::FallbackSelected& event) {
  keep_output(event.mode);
  facts_.turn_attempts = 0;
  auto* waiting = std::get_if<Waiting>(&state_.phase);
  if (waiting == nullptr) return;
  waiting->is_retry = false;
  waiting->not_before_us = 0;
}

void Evolution::operator()(const events::TimeoutFired& event) {
  if (event.timer == TimerKind::tool) return;  // the call ends, the run does not
  if (auto* acting = std::get_if<Acting>(&state_.phase)) acting->stopped_by = event.timer;
  if (event.timer != TimerKind::run && event.timer != TimerKind::turn) return;
  if (auto* calling = std::get_if<Calling>(&state_.phase)) {
    state_.phase = Stopping{std::move(calling->attempt), event.timer};
  }
}

void Evolution::spend(std::uint64_t micro_usd) {
  facts_.spent_micro_usd += std::min(micro_usd, std::numeric_limits<std::uint64_t>::max() - facts_.spent_micro_usd);
}

void Evolution::end_summary(const Attempt& attempt) {
  Waiting waiting = attempt.then.value_or(Waiting{});
  waiting.next_attempt = attempt.number + 1;
  waiting.next_turn = attempt.turn;
  waiting.since_us = meta_.elapsed_us;
  facts_.turn_started_us.reset();
  state_.phase = std::move(waiting);
}

void Evolution::keep_output(RetryMode mode) {
  if (mode == RetryMode::restart) facts_.partial_output = facts_.kept_output;  // the rest is void
  if (mode != RetryMode::continue_answer) return;
  MessageItem message;
  message.role = Role::assistant;
  message.parts.emplace_back(TextPart{facts_.partial_output.substr(facts_.kept_output.size())});
  facts_.context.push_back(make_context_entry({std::move(message), {}}, ContextSource::retry));
  facts_.context.push_back(make_context_entry(user_text(kGoOn), ContextSource::retry));
  facts_.kept_output = facts_.partial_output;
}

Attempt* Evolution::current_attempt() {
  if (auto* calling = std::get_if<Calling>(&state_.phase)) return &calling->attempt;
  if (auto* stopping = std::get_if<Stopping>(&state_.phase)) return &stopping->attempt;
  return nullptr;
}

ItemProgress& Evolution::progress_of(Attempt& attempt, const std::string& item_id, ItemKind kind) {
  const auto found = std::find_if(attempt.items.rbegin(), attempt.items.rend(),
                                  [&](const ItemProgress& progress) { return progress.item_id == item_id; });
  if (found != attempt.items.rend()) return *found;
  return attempt.items.emplace_back(ItemProgress{item_id, kind, {}, false});
}

void Evolution::extend(const std::string& item_id, ItemKind kind, const std::string& text) {
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

void Evolution::note_first_output() {
  if (!facts_.latencies.first_token_us && facts_.first_request_us) {
    facts_.latencies.first_token_us = meta_.elapsed_us - *facts_.first_request_us;
  }
}

}  // namespace orchestrator::harness::kernel
