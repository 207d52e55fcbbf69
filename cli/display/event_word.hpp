// SPDX-License-Identifier: Apache-2.0
#pragma once

// The words of enumerations, spelt as in journals. Pure functions; the views live for ever.

#include <string_view>

#include "orchestrator/harness/journal.hpp"
#include "orchestrator/harness/stream.hpp"

namespace orchestrator::cli {

[[nodiscard]] std::string_view word_of(harness::FinishReason value);
[[nodiscard]] std::string_view word_of(harness::ItemKind value);
[[nodiscard]] std::string_view word_of(harness::HintPriority value);
[[nodiscard]] std::string_view word_of(harness::AbortMode value);
[[nodiscard]] std::string_view word_of(harness::TimerKind value);
[[nodiscard]] std::string_view word_of(harness::RetryMode value);
[[nodiscard]] std::string_view word_of(harness::RetryAfter value);
[[nodiscard]] std::string_view word_of(harness::RunKind value);
[[nodiscard]] std::string_view word_of(harness::ToolOutcome value);
[[nodiscard]] std::string_view word_of(harness::InterruptDecision value);
[[nodiscard]] std::string_view word_of(harness::EffectClass value);
[[nodiscard]] std::string_view word_of(harness::ToolReach value);
[[nodiscard]] std::string_view word_of(harness::ApprovalNeed value);
[[nodiscard]] std::string_view word_of(harness::ErrorCategory value);
[[nodiscard]] std::string_view word_of(harness::NextAction value);
[[nodiscard]] std::string_view word_of(harness::RunStatus value);
[[nodiscard]] std::string_view word_of(harness::ReplayMode value);
[[nodiscard]] std::string_view word_of(harness::ForkWorkspace value);
[[nodiscard]] std::string_view word_of(harness::UndoVerdict value);
[[nodiscard]] std::string_view word_of(harness::CompensationOutcome value);

}  // namespace orchestrator::cli
