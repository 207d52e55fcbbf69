// SPDX-License-Identifier: Apache-2.0
#include "kernel/decider.hpp"

#include <algorithm>
#include <utility>

#include "kernel/behaviours.hpp"

namespace orchestrator::harness::kernel {

std::uint64_t closing_events(const events::RunStarted& spec) {
  // Of each call at most: its request, a question and its answer, and its end.
  const std::uint64_t events = 16ULL + spec.limits.hints_queued + 4ULL * spec.limits.tool_calls_per_turn;
  // Each may come in a step that tells of what was taken out.
  return spec.redaction == RedactionMode::none ? events : 2 * events;
}

const State& Decider::state() {
  if (decision_.events.empty()) return base_;
  if (!copy_) copy_ = base_;
  for (; folded_ < decision_.events.size(); ++folded_) evolve(*copy_, decision_.events[folded_]);
  return *copy_;
}

EventMeta Decider::meta(const event::RunIdentity& identity, const events::RunStarted& spec) {
  EventMeta meta;
  meta.run_id = identity.run_id;
  meta.session_id = identity.session_id;
  meta.trace_id = identity.trace_id;
  meta.span_id = run_span(spec);
  meta.parent_span_id = identity.parent_span_id;
  meta.seq = base_.facts.last_seq + decision_.events.size() + 1;
  meta.at = now_.wall;
  meta.elapsed_us = now_.elapsed_us;
  return meta;
}

void Decider::push(EventMeta meta, StreamEvent::Payload payload) {
  decision_.events.push_back(StreamEvent{std::move(meta), std::move(payload)});
}

void Decider::emit_redaction() {
  if (redacted_.empty()) return;
  emit(events::RedactionApplied{std::exchange(redacted_, {})});
}

// Identity and spec never change after the first event, so the base has them unless this is the start.
const Facts& Decider::known_facts() { return has_started(base_) ? base_.facts : facts(); }

void Decider::emit(StreamEvent::Payload payload) {
  emit_redaction();
  const Facts& known = known_facts();
  push(meta(known.identity, known.spec), std::move(payload));
}

void Decider::emit_in_span(const SpanId& span, StreamEvent::Payload payload) {
  emit_redaction();
  const Facts& known = known_facts();
  EventMeta of_run = meta(known.identity, known.spec);
  of_run.parent_span_id = of_run.span_id;
  of_run.span_id = span;
  push(std::move(of_run), std::move(payload));
}

void Decider::emit_in_attempt(std::uint32_t attempt, StreamEvent::Payload payload) {
  emit_in_span(attempt_span(known_facts().spec, attempt), std::move(payload));
}

void Decider::emit_in_call(const CallPlace& place, StreamEvent::Payload payload) {
  const events::RunStarted& spec = known_facts().spec;
  if (has_behaviour(spec, Behaviour::of_0_1_0)) return emit(std::move(payload));
  emit_in_span(call_span(spec, place.turn, place.index), std::move(payload));
}

ToolCallProgress CallPlace::call(Decider& decider) const {
  return std::get<Acting>(decider.state().phase).calls.at(index);
}

void Decider::emit_start(const event::inputs::Start& start) {
  // A fork goes on from the state that it is decided in.
  if (start.spec.kind != RunKind::fork) copy_ = initial_state(start.history);
  push(meta(start.identity, start.spec), start.spec);
  // What a fork has to do with its source stands right after the start.
  if (const auto* forked = std::get_if<events::RunForked>(&start.derivation)) {
    push(meta(start.identity, start.spec), *forked);
  }
  emit_redaction();
}

bool Decider::has_paused() const {
  return std::ranges::any_of(decision_.events,
                             [](const StreamEvent& event) { return event.get_if<events::RunPaused>() != nullptr; });
}

void Decider::refuse(RuntimeErrorCode code, std::string message, std::string at) {
  decision_.refusal = RuntimeError{code, std::move(message), std::move(at), {}};
}

void Decider::drop_hints() {
  const std::vector<QueuedHint> hints = facts().hints;
  for (const QueuedHint& hint : hints) emit(events::HintDropped{hint.hint_id, "run_ended"});
}

void Decider::stop_timers() {
  if (facts().spec.timeouts.run_ms) effect(event::effects::StopTimer{TimerKind::run});
}

Latencies Decider::latencies() {
  Latencies latencies = facts().latencies;
  latencies.inter_token_p50_us = facts().intervals.quantile_us(50);
  latencies.inter_token_p95_us = facts().intervals.quantile_us(95);
  latencies.total_us = now_.elapsed_us;
  return latencies;
}

void Decider::end_with_error(Error error) {
  drop_hints();
  stop_timers();
  events::Error terminal;
  terminal.error = std::move(error);
  terminal.partial_output = facts().partial_output;
  terminal.usage = facts().usage.totals();
  terminal.cost_micro_usd = facts().cost.total();
  terminal.latencies = latencies();
  emit(std::move(terminal));
}

void Decider::end_aborted(const events::AbortRequested& abort) {
  drop_hints();
  stop_timers();
  events::Aborted terminal;
  terminal.mode = abort.mode;
  terminal.by = abort.by;
  terminal.partial_output = facts().partial_output;
  terminal.usage = facts().usage.totals();
  terminal.cost_micro_usd = facts().cost.total();
  terminal.latencies = latencies();
  emit(std::move(terminal));
}

void Decider::end_completed(FinishReason reason) {
  drop_hints();
  stop_timers();
  events::Completed terminal;
  terminal.finish_reason = reason;
  terminal.output = facts().last_output;
  terminal.usage = facts().usage.totals();
  terminal.cost_micro_usd = facts().cost.total();
  terminal.latencies = latencies();
  emit(std::move(terminal));
}

}  // namespace orchestrator::harness::kernel
