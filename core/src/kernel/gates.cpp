// SPDX-License-Identifier: Apache-2.0
#include "kernel/gates.hpp"

#include <algorithm>
#include <string>

#include "kernel/decider.hpp"
#include "kernel/run_memory.hpp"

namespace orchestrator::harness::kernel {

bool has_gates(const events::RunStarted& spec, GatePhase phase) {
  return std::ranges::any_of(spec.gates, [&](const events::GateInForce& gate) {
    return std::ranges::find(gate.phases, phase) != gate.phases.end();
  });
}

const GateVerdict* blocking(std::span<const GateVerdict> gates) {
  const auto found = std::ranges::find_if(gates, [](const GateVerdict& verdict) { return blocks(verdict); });
  return found == gates.end() ? nullptr : &*found;
}

std::string blocked_message(const GateVerdict& verdict) {
  return "the rule '" + verdict.gate + "' denies it: " + verdict.reason;
}

Error blocked_answer(const GateVerdict& verdict) {
  return RuntimeError{RuntimeErrorCode::gate_blocked, "of the answer: " + blocked_message(verdict), verdict.gate, {}};
}

// Nothing has been asked of anyone yet: a run that its rules deny has done nothing.
void on_gate_returned(Decider& decider, const event::inputs::GateReturned& input) {
  if (!decider.base().facts.judges_input || input.gates.empty()) return;
  for (const GateVerdict& verdict : input.gates) decider.emit(events::GateEvaluated(verdict));
  if (const GateVerdict* verdict = blocking(input.gates)) {
    decider.end_with_error(
        RuntimeError{RuntimeErrorCode::gate_blocked, "of the input: " + blocked_message(*verdict), verdict->gate, {}});
    return;
  }
  if (decider.facts().recalls) {
    decider.effect(retrieve_memory(decider.facts()));
  } else {
    advance(decider);
  }
}

}  // namespace orchestrator::harness::kernel
