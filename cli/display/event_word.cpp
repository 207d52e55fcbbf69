// SPDX-License-Identifier: Apache-2.0
#include "cli/display/event_word.hpp"

#include "event/event_fields.hpp"

namespace orchestrator::cli {

using boost::describe::enum_to_string;

std::string_view word_of(harness::FinishReason value) { return enum_to_string(value, "unknown"); }
std::string_view word_of(harness::ItemKind value) { return enum_to_string(value, "unknown"); }
std::string_view word_of(harness::HintPriority value) { return enum_to_string(value, "unknown"); }
std::string_view word_of(harness::AbortMode value) { return enum_to_string(value, "unknown"); }
std::string_view word_of(harness::TimerKind value) { return enum_to_string(value, "unknown"); }
std::string_view word_of(harness::RetryMode value) { return enum_to_string(value, "unknown"); }
std::string_view word_of(harness::RetryAfter value) { return enum_to_string(value, "unknown"); }
std::string_view word_of(harness::RunKind value) { return enum_to_string(value, "unknown"); }
std::string_view word_of(harness::ReplayMode value) { return enum_to_string(value, "unknown"); }
std::string_view word_of(harness::ForkWorkspace value) { return enum_to_string(value, "unknown"); }
std::string_view word_of(harness::UndoVerdict value) { return enum_to_string(value, "unknown"); }
std::string_view word_of(harness::CompensationOutcome value) { return enum_to_string(value, "unknown"); }
std::string_view word_of(harness::ToolOutcome value) { return enum_to_string(value, "unknown"); }
std::string_view word_of(harness::InterruptDecision value) { return enum_to_string(value, "unknown"); }
std::string_view word_of(harness::EffectClass value) { return enum_to_string(value, "unknown"); }
std::string_view word_of(harness::ToolReach value) { return enum_to_string(value, "unknown"); }
std::string_view word_of(harness::ApprovalNeed value) { return enum_to_string(value, "unknown"); }
std::string_view word_of(harness::ErrorCategory value) { return enum_to_string(value, "unknown"); }
std::string_view word_of(harness::NextAction value) { return enum_to_string(value, "unknown"); }

std::string_view word_of(harness::RunStatus value) {
  switch (value) {
    case harness::RunStatus::active:
      return "active";
    case harness::RunStatus::completed:
      return "completed";
    case harness::RunStatus::failed:
      return "failed";
    case harness::RunStatus::aborted:
      return "aborted";
  }
  return "unknown";
}

}  // namespace orchestrator::cli
