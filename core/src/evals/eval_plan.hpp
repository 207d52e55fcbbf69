// SPDX-License-Identifier: Apache-2.0
#pragma once

// The cases and epochs of an evaluation, each with the key that names everything its record depends on. Pure functions;
// a plan points into its dataset, which must outlive it.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "orchestrator/harness/evals.hpp"

namespace orchestrator::harness::evals {

struct PlannedCase {
  const EvalCase* test_case = nullptr;
  std::uint64_t place = 0;  // of the case in its dataset
  std::uint32_t epoch = 1;
  Hash key;
};

/// All that a record depends on but its case and epoch, as a JSON object. Limits of time and of concurrency are left
/// out: they change whether there is an answer, not which.
[[nodiscard]] std::string config_json(const EvalConfig& config, const std::string& model,
                                      const std::vector<std::shared_ptr<Scorer>>& scorers,
                                      const std::optional<Hash>& policies);

/// The plan in the order of dataset and epochs. Of cases with equal content each has a key of its own.
[[nodiscard]] std::vector<PlannedCase> plan_of(const Dataset& dataset, std::uint32_t epochs,
                                               const std::string& config_json);

/// The model that answers: the evaluation's, else the harness's default; empty where each source has its own.
[[nodiscard]] std::string model_of(const EvalConfig& config, const std::string& default_model);

}  // namespace orchestrator::harness::evals
