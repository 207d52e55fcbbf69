// SPDX-License-Identifier: Apache-2.0
#include "event/gate_invariants.hpp"

#include <algorithm>
#include <utility>
#include <variant>

namespace orchestrator::harness::event {
namespace {

bool is_about(const events::GateInForce& gate, GatePhase phase) {
  return std::ranges::find(gate.phases, phase) != gate.phases.end();
}

}  // namespace

struct GateInvariants::Check {
  GateInvariants& at;

  void operator()(const events::RunStarted& event) const {
    at.gates_ = event.gates;
    at.is_redacted_ = event.redaction != RedactionMode::none;
    // A fork goes on after what its source was told of.
    at.denied_calls_.clear();
    at.is_blocked_ = false;
    at.judges_input_ = !at.has_requested_ && std::ranges::any_of(event.gates, [](const auto& gate) {
      return is_about(gate, GatePhase::input);
    });
  }
  void operator()(const events::RedactionApplied&) const {
    at.require(at.is_redacted_, "redaction_in_force", "something was taken out of a run that is under no redaction");
  }
  void operator()(const events::GateEvaluated& event) const {
    const auto gate = std::ranges::find(at.gates_, event.gate, &events::GateInForce::name);
    at.require(gate != at.gates_.end() && is_about(*gate, event.phase) && gate->mode == event.mode, "gate_in_force",
               "a verdict of a rule that the run is not under");
    at.require(event.passed == (event.action == GateAction::allow), "required_fields",
               "a verdict that passes and acts, or neither");
    at.require(event.passed || !event.reason.empty(), "required_fields", "an objection without a reason");
    at.require(event.attempt.has_value() == (event.phase == GatePhase::output), "required_fields",
               "a verdict on an answer names its attempt, no other does");
    at.require(event.call_id.empty() == (event.phase != GatePhase::tool), "required_fields",
               "a verdict on a call names it, no other does");
    if (event.phase == GatePhase::input) at.judges_input_ = false;
    if (!blocks(event)) return;
    if (event.phase == GatePhase::tool) {
      at.denied_calls_.insert(event.call_id);
    } else {
      at.is_blocked_ = true;
    }
  }
  void operator()(const events::MemoryRetrieved&) const { needs_judged_input("memory was read"); }
  void operator()(const events::ProviderRequested&) const {
    needs_judged_input("a model was asked");
    at.require(!at.is_blocked_, "gate_blocks", "a model was asked after a rule had stopped the run");
    at.has_requested_ = true;
  }
  void operator()(const events::ToolCallStarted& event) const {
    at.require(!at.denied_calls_.contains(event.call_id), "gate_blocks", "a call began that a rule had denied");
    at.require(!at.is_blocked_, "gate_blocks", "a call began after a rule had stopped the run");
  }
  void operator()(const events::ToolCallFinished& event) const {
    if (at.denied_calls_.erase(event.call_id) == 0) return;
    at.require(event.outcome == ToolOutcome::denied, "gate_blocks", "a call that a rule denied ended otherwise");
  }
  void operator()(const events::Completed&) const {
    at.require(!at.is_blocked_, "gate_blocks", "a run completed that a rule had stopped");
  }
  void operator()(const events::Error& event) const {
    at.require(at.is_blocked_ || event.error.code != name_of(RuntimeErrorCode::gate_blocked), "gate_blocks",
               "a run was stopped by no rule");
  }
  void operator()(const auto&) const {}

  void needs_judged_input(std::string_view what) const { at.require(!at.judges_input_, "gate_first", what); }
};

void GateInvariants::require(bool holds, std::string_view invariant, std::string_view what) {
  if (!holds) breaches_.push_back({invariant, what});
}

std::vector<GateInvariants::Breach> GateInvariants::see(const StreamEvent& event) {
  breaches_.clear();
  std::visit(Check{*this}, event.payload);
  return std::exchange(breaches_, {});
}

}  // namespace orchestrator::harness::event
