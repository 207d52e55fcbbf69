// SPDX-License-Identifier: Apache-2.0
#include "event/run_outline.hpp"

#include <algorithm>
#include <utility>
#include <variant>

#include "event/field_encoder.hpp"
#include "event/item_value.hpp"

namespace orchestrator::harness::event {
namespace {

std::string text_of_parts(const std::vector<ContentPart>& parts) {
  MessageItem message;
  message.parts = parts;
  return text_of(ConversationItem{std::move(message), {}});
}

void close(std::vector<OutlineSpan>& spans, std::uint64_t at_us) {
  if (!spans.empty() && !spans.back().to_us) spans.back().to_us = at_us;
}

}  // namespace

const OutlineAttempt* OutlineTurn::answer() const {
  const auto found =
      std::ranges::find_if(attempts, [](const OutlineAttempt& one) { return one.finish_reason.has_value(); });
  return found == attempts.end() ? nullptr : &*found;
}

OutlineTurn& OutlineFold::turn(std::uint32_t number) {
  if (outline_.turns.empty() || outline_.turns.back().number != number || outline_.turns.back().is_shared) {
    OutlineTurn& turn = outline_.turns.emplace_back();
    turn.number = number;
  }
  return outline_.turns.back();
}

OutlineAttempt* OutlineFold::attempt(std::uint32_t number) {
  if (outline_.turns.empty() || outline_.turns.back().attempts.empty()) return nullptr;
  OutlineAttempt& last = outline_.turns.back().attempts.back();
  return last.number == number ? &last : nullptr;
}

// The one that was requested last. A fork read without its source has calls that it never requested.
OutlineCall& OutlineFold::call(const std::string& call_id) {
  for (auto turn = outline_.turns.rbegin(); turn != outline_.turns.rend(); ++turn) {
    const auto found = std::ranges::find(turn->calls, call_id, &OutlineCall::call_id);
    if (found != turn->calls.end()) return *found;
  }
  OutlineCall& added = turn(outline_.turns.empty() ? 0 : outline_.turns.back().number).calls.emplace_back();
  added.call_id = call_id;
  added.seq = meta_.seq;
  return added;
}

// An answer that was under way at the point is void, and its turn the fork's own.
void OutlineFold::begin(const events::RunStarted& started) {
  outline_.run_id = meta_.run_id;
  outline_.started = started;
  outline_.events = 0;
  outline_.pauses.clear();
  asked_.clear();
  outline_.terminal.clear();
  outline_.reason.clear();
  outline_.output.clear();
  std::erase_if(outline_.turns, [](const OutlineTurn& turn) { return turn.answer() == nullptr && turn.calls.empty(); });
  for (OutlineTurn& turn : outline_.turns) turn.is_shared = true;
  if (outline_.turns.empty()) return;
  for (OutlineCall& call : outline_.turns.back().calls) {
    if (call.outcome) continue;
    call.runs.clear();
    call.waits.clear();
    call.span = {};
  }
}

struct OutlineFold::Reading {
  OutlineFold& fold;

  void operator()(const events::RunStarted& event) const { fold.begin(event); }
  void operator()(const events::RunForked& event) const { fold.outline_.forked = event; }
  void operator()(const events::ContextAssembled& event) const {
    OutlineTurn& turn = fold.turn(event.turn);
    turn.context_hash = event.context_hash;
    for (const events::ManifestEntry& entry : event.changes) turn.context.push_back(entry.item);
  }
  void operator()(const events::ProviderRequested& event) const {
    OutlineTurn& turn = fold.turn(event.turn);
    close(turn.retry_waits, now());
    OutlineAttempt& attempt = turn.attempts.emplace_back();
    attempt.seq = fold.meta_.seq;
    attempt.number = event.attempt;
    attempt.purpose = event.purpose;
    attempt.model = event.model;
    attempt.queue_us = event.queue_us;
    attempt.span.from_us = now();
  }
  void operator()(const events::OutputDelta& event) const {
    if (OutlineAttempt* attempt = see_output(event.attempt)) attempt->output += event.text;
  }
  void operator()(const events::ReasoningDelta& event) const { see_output(event.attempt); }
  void operator()(const events::ToolArgumentsDelta& event) const { see_output(event.attempt); }
  void operator()(const events::OutputItemCompleted& event) const {
    OutlineAttempt* attempt = see_output(event.attempt);
    if (attempt == nullptr || !is_visible(event.kind)) return;
    const std::string value = value_of(event.item);
    if (!attempt->output.ends_with(value)) attempt->output += value;  // it came whole
  }
  void operator()(const events::UsageReported& event) const {
    OutlineAttempt* attempt = fold.attempt(event.attempt);
    if (attempt == nullptr) return;
    attempt->usage = event.usage;
    attempt->cost_micro_usd = event.cost_micro_usd;
  }
  void operator()(const events::AttemptFinished& event) const {
    OutlineAttempt* attempt = fold.attempt(event.attempt);
    if (attempt == nullptr) return;
    attempt->span.to_us = now();
    attempt->finish_reason = event.finish_reason;
  }
  void operator()(const events::AttemptFailed& event) const {
    OutlineAttempt* attempt = fold.attempt(event.attempt);
    if (attempt == nullptr) return;
    attempt->span.to_us = now();
    attempt->error = event.error;
  }
  void operator()(const events::RetryScheduled& event) const {
    fold.turn(event.turn).retry_waits.push_back({now(), std::nullopt});
  }
  void operator()(const events::ToolCallRequested& event) const {
    // The calls stand with the answer that asked for them.
    const bool is_last = !fold.outline_.turns.empty() && fold.outline_.turns.back().number == event.turn;
    OutlineTurn& turn = is_last ? fold.outline_.turns.back() : fold.turn(event.turn);
    OutlineCall& call = turn.calls.emplace_back();
    call.seq = fold.meta_.seq;
    call.call_id = event.call_id;
    call.tool = event.tool;
    call.arguments = event.arguments;
    call.argument_hash = event.argument_hash;
    call.span.from_us = now();
  }
  void operator()(const events::InterruptRaised& event) const {
    fold.asked_[event.interrupt_id] = event.call_id;
    fold.call(event.call_id).waits.push_back({now(), std::nullopt});
  }
  void operator()(const events::InterruptResolved& event) const {
    const auto asked = fold.asked_.find(event.interrupt_id);
    if (asked != fold.asked_.end()) close(fold.call(asked->second).waits, now());
  }
  void operator()(const events::ToolCallStarted& event) const {
    OutlineCall& call = fold.call(event.call_id);
    close(call.runs, now());
    call.runs.push_back({now(), std::nullopt});
  }
  void operator()(const events::ToolCallFinished& event) const {
    OutlineCall& call = fold.call(event.call_id);
    close(call.runs, now());
    close(call.waits, now());
    call.span.to_us = now();
    call.outcome = event.outcome;
    call.error = event.error;
    call.result = text_of_parts(event.result);
    call.latency_us = event.latency_us;
    const auto& forked = fold.outline_.forked;
    call.is_substituted = forked && std::ranges::find(forked->results, event.call_id, &SubstitutedResult::call_id) !=
                                        forked->results.end();
  }
  void operator()(const events::RunPaused&) const { fold.outline_.pauses.push_back({now(), std::nullopt}); }
  void operator()(const events::RunResumed& event) const {
    if (!event.epoch) close(fold.outline_.pauses, now());
  }
  void operator()(const events::Completed& event) const {
    end(event, "Completed", event.output);
    fold.outline_.reason = enum_name(event.finish_reason);
  }
  void operator()(const events::Error& event) const {
    end(event, "Error", event.partial_output);
    fold.outline_.reason = event.error.code;
  }
  void operator()(const events::Aborted& event) const {
    end(event, "Aborted", event.partial_output);
    fold.outline_.reason = event.by;
  }
  void operator()(const auto&) const {}

 private:
  [[nodiscard]] std::uint64_t now() const { return fold.meta_.elapsed_us; }
  OutlineAttempt* see_output(std::uint32_t number) const {
    OutlineAttempt* attempt = fold.attempt(number);
    if (attempt != nullptr && !attempt->first_output_us) attempt->first_output_us = now();
    return attempt;
  }
  void end(const auto& event, const char* type, const std::string& output) const {
    RunOutline& outline = fold.outline_;
    outline.terminal = type;
    outline.output = output;
    outline.usage = event.usage;
    outline.cost_micro_usd = event.cost_micro_usd;
    outline.latencies = event.latencies;
    close(outline.pauses, now());
  }
};

void OutlineFold::add(const StreamEvent& event) {
  meta_ = event.meta;
  std::visit(Reading{*this}, event.payload);
  outline_.events += 1;
  outline_.last_us = meta_.elapsed_us;
}

}  // namespace orchestrator::harness::event
