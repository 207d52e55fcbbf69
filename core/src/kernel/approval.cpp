// SPDX-License-Identifier: Apache-2.0
// Approvals: whether a call is asked about, the question, and its answer.
#include "kernel/tool_loop.hpp"

#include <algorithm>
#include <limits>

#include "kernel/untrusted_output.hpp"

namespace orchestrator::harness::kernel {
namespace {

InterruptId new_interrupt_id(const Facts& facts) {
  // In the stream of the run's seed, far above spans of attempts and calls.
  const SpanId drawn = call_span(facts.spec, std::numeric_limits<std::uint32_t>::max(), facts.interrupts);
  return InterruptId(drawn.bytes());
}

std::optional<std::uint64_t> expiry_us(const Decider& decider, const ToolPolicy& policy) {
  if (!policy.approval_timeout_ms) return std::nullopt;
  constexpr std::uint64_t kForever = std::numeric_limits<std::uint64_t>::max();
  const std::uint64_t after_ms = *policy.approval_timeout_ms;
  const std::uint64_t after_us = after_ms > kForever / 1'000 ? kForever : after_ms * 1'000;
  return after_us > kForever - decider.now_us() ? kForever : decider.now_us() + after_us;
}

}  // namespace

Permission permission_of(const Facts& facts, const ToolCallProgress& call, const ToolPreparation& preparation) {
  const ToolSpec* spec = spec_of(facts.spec, call.tool);
  if (spec == nullptr) return Permission::denied;
  const ApprovalNeed need = preparation.approval.value_or(spec->approval);
  if (need == ApprovalNeed::refuse) return Permission::denied;
  const bool needs_its_own = !reason_to_ask(facts, call, preparation).empty();
  if (call.approval && (!needs_its_own || call.is_approved_knowing)) {
    return preparation.targets == call.targets ? Permission::granted : Permission::stale;
  }
  if (needs_its_own) {
    return facts.spec.tool_policy.approval == ApprovalMode::never ? Permission::denied : Permission::asked;
  }
  // For the run is allowed what the tool declares. A call that needs more than that, such as the network for one
  // command, was not what the person saw.
  if (need <= spec->approval && facts.allowed_tools.contains(tool_hash(facts.spec, *spec))) return Permission::granted;
  switch (facts.spec.tool_policy.approval) {
    case ApprovalMode::never:
      return need == ApprovalNeed::require ? Permission::denied : Permission::granted;
    case ApprovalMode::ask:
      return need == ApprovalNeed::none ? Permission::granted : Permission::asked;
    case ApprovalMode::always:
      return Permission::asked;
  }
  return Permission::denied;
}

void raise_interrupt(Decider& decider, const CallPlace& place, Question question) {
  const ToolCallProgress call = place.call(decider);
  const Facts& facts = decider.facts();
  const ToolSpec* spec = spec_of(facts.spec, call.tool);
  events::InterruptRaised raised;
  raised.interrupt_id = new_interrupt_id(facts);
  raised.kind = question.kind;
  raised.call_id = call.call_id;
  raised.tool = call.tool;
  raised.argument_hash = argument_hash(call.arguments);
  if (spec != nullptr) raised.tool_hash = tool_hash(facts.spec, *spec);
  raised.policy_hash = policy_hash(facts.spec);
  raised.targets = std::move(question.targets);
  raised.shown_hash = sha256(question.shown);
  raised.shown = std::move(question.shown);
  raised.reason = std::move(question.reason);
  raised.expires_us = expiry_us(decider, facts.spec.tool_policy);
  decider.emit_in_call(place, std::move(raised));
  if (const auto at_us = approval_deadline_us(decider.state())) {
    decider.effect(event::effects::StartTimer{TimerKind::approval, *at_us});
  }
}

void on_resolve(Decider& decider, const event::inputs::Resolve& input) {
  const auto* acting = std::get_if<Acting>(&decider.base().phase);
  const auto place = acting == nullptr ? std::nullopt : place_of(*acting, [&](const ToolCallProgress& call) {
    return call.interrupt && call.interrupt->interrupt_id == input.interrupt_id;
  });
  if (!place) {
    decider.refuse(RuntimeErrorCode::precondition_failed, "the run has no open question of that id", "interrupt_id");
    return;
  }
  const events::InterruptRaised raised = *place->call(decider).interrupt;
  if (raised.kind == InterruptKind::clarification && input.decision == InterruptDecision::allow_run) {
    decider.refuse(RuntimeErrorCode::invalid_argument,
                   "this question is about one call: answer allow_once to make it again, or deny", "decision");
    return;
  }
  decider.emit_in_call(*place, events::InterruptResolved{input.interrupt_id, input.decision, input.by, input.reason});
  if (raised.expires_us) restart_approval_timer(decider);
  if (input.decision == InterruptDecision::deny) {
    const std::string why = input.reason.empty() ? std::string() : ": " + input.reason;
    if (raised.kind == InterruptKind::approval) {
      finish_call(decider, *place, ToolOutcome::denied,
                  ToolError{ToolErrorCode::tool_denied, "the call was denied by " + input.by + why, raised.tool, {}});
    } else {
      finish_unknown(decider, *place, "nobody could say" + why);
    }
    step_calls(decider);
    return;
  }
  if (decider.facts().paused) return;  // `resume` goes on from here
  if (raised.kind == InterruptKind::approval) {
    prepare_call(decider, *place);
  } else {
    start_again(decider, *place);
  }
}

void restart_approval_timer(Decider& decider) {
  if (const auto at_us = approval_deadline_us(decider.state())) {
    decider.effect(event::effects::StartTimer{TimerKind::approval, *at_us});
  } else {
    decider.effect(event::effects::StopTimer{TimerKind::approval});
  }
}

}  // namespace orchestrator::harness::kernel
