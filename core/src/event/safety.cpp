// SPDX-License-Identifier: Apache-2.0
#include "orchestrator/harness/safety.hpp"

namespace orchestrator::harness {

std::string_view name_of(GatePhase phase) {
  switch (phase) {
    case GatePhase::input:
      return "input";
    case GatePhase::tool:
      return "tool";
    case GatePhase::output:
      return "output";
  }
  return "unknown";
}

std::string_view name_of(GateMode mode) { return mode == GateMode::enforcing ? "enforcing" : "shadow"; }

std::string_view name_of(GateAction action) {
  switch (action) {
    case GateAction::allow:
      return "allow";
    case GateAction::deny:
      return "deny";
    case GateAction::redact:
      return "redact";
  }
  return "unknown";
}

std::string_view name_of(GateFailure failure) { return failure == GateFailure::open ? "open" : "closed"; }

bool blocks(const GateVerdict& verdict) {
  return !verdict.passed && verdict.mode == GateMode::enforcing && verdict.action == GateAction::deny;
}

}  // namespace orchestrator::harness
