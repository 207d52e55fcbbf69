// SPDX-License-Identifier: Apache-2.0
// Calls of tools, and the questions about them.
#include <algorithm>
#include <utility>

#include "kernel/evolution.hpp"
#include "kernel/tool_calls.hpp"
#include "kernel/untrusted_output.hpp"

namespace orchestrator::harness::kernel {
namespace {

using event::ContextSource;
using event::make_context_entry;

}  // namespace

void Evolution::operator()(const events::ToolCallRequested& event) {
  auto* acting = std::get_if<Acting>(&state_.phase);
  if (acting == nullptr) return;
  const auto due = std::ranges::find_if(acting->calls, [&](const ToolCallProgress& call) {
    return call.stage == CallStage::due && call.call_id == event.call_id;
  });
  if (due != acting->calls.end()) due->stage = CallStage::preparing;
  if (event.effect_class == EffectClass::pure) facts_.loops.read(event.tool, event.argument_hash);
  update_parking();
}

void Evolution::operator()(const events::ToolCallStarted& event) {
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

void Evolution::operator()(const events::ToolCallFinished& event) {
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

void Evolution::operator()(const events::InterruptRaised& event) {
  facts_.interrupts += 1;
  ToolCallProgress* call = current_call(event.call_id);
  if (call == nullptr) return;
  call->stage = CallStage::awaiting;
  call->interrupt = event;
  update_parking();
}

void Evolution::operator()(const events::InterruptResolved& event) {
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

bool Evolution::is_unmarked(const ToolCallProgress& call, const events::ToolCallFinished& event) const {
  const bool has_returned = event.outcome == ToolOutcome::ok || event.outcome == ToolOutcome::error;
  return facts_.spec.tool_policy.injection == InjectionStance::off && call.attempt > 0 && has_returned &&
         may_be_of_others(facts_.spec, call.tool, event.result);
}

ToolCallProgress* Evolution::current_call(const std::string& call_id) {
  auto* acting = std::get_if<Acting>(&state_.phase);
  return acting == nullptr ? nullptr : open_call(acting->calls, call_id);
}

std::uint64_t Evolution::ran_us(const ToolCallProgress& call) const {
  return call.stage == CallStage::running ? meta_.elapsed_us - call.started_us : 0;
}

void Evolution::finish_calls() {
  auto* acting = std::get_if<Acting>(&state_.phase);
  if (acting == nullptr || count_at(acting->calls, CallStage::finished) != acting->calls.size()) return;
  for (ToolCallProgress& call : acting->calls) facts_.context.push_back(*std::move(call.result));
  const bool all_malformed = std::ranges::all_of(acting->calls, &ToolCallProgress::malformed);
  facts_.malformed_turns = all_malformed ? facts_.malformed_turns + 1 : 0;
  wait_after(Acting(std::move(*acting)));
}

}  // namespace orchestrator::harness::kernel
