// SPDX-License-Identifier: Apache-2.0
#pragma once

// Going on from any event of a run in a run of its own. The events up to there are referred to, never copied, paid or
// carried out again; the run itself stays as it is. Plain values.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "orchestrator/harness/content.hpp"
#include "orchestrator/harness/derived_events.hpp"
#include "orchestrator/harness/model.hpp"
#include "orchestrator/harness/reliability.hpp"
#include "orchestrator/harness/tools.hpp"

namespace orchestrator::harness {

/// Where a run is forked, and what the fork has that it had not. What is left empty is as in the run.
struct ForkOptions {
  std::uint64_t at_seq = 0;                       // the last event that the two share; 0: the run's last
  std::optional<std::string> model;               // provider/model: a plan of this model and `fallbacks`
  std::vector<std::string> fallbacks;             // with `model` alone
  std::optional<std::string> system;              // the system text
  std::optional<std::vector<ContentPart>> input;  // in place of the run's message
  std::optional<GenerationSettings> settings;
  std::optional<Budgets> budgets;  // what the run has spent does not count; its turns do
  std::optional<ApprovalMode> approval;
  std::optional<std::uint64_t> run_timeout_ms;
  std::vector<std::string> hints;               // go with the next request
  std::vector<SubstitutedResult> tool_results;  // `ok` or `error`; of calls before or at that event
  std::vector<SubstitutedGate> gate_decisions;  // of rules that this harness has
  std::optional<std::string> workspace;         // another folder
  std::vector<std::shared_ptr<Tool>> tools;     // besides those of the harness
  std::vector<std::pair<std::string, std::string>> labels;
  std::string by = "user";
  bool trust_imported = false;  // act also where the run came out of a file (`RunSummary::imported`)
};

}  // namespace orchestrator::harness
