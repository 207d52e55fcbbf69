// SPDX-License-Identifier: Apache-2.0
#pragma once

// The rules that runs are under. Blocking; for any thread.

#include <string>

#include "cli/command_line/invocation.hpp"
#include "cli/configuration/configuration.hpp"
#include "orchestrator/harness/errors.hpp"
#include "orchestrator/harness/safety.hpp"

namespace orchestrator::cli {

/// The rules of a file of at most 1 MiB. Errors as of `harness::parse_gate_rules`, and what keeps it from being read.
[[nodiscard]] harness::Result<harness::SafetyPolicy> read_gate_rules(const std::string& path);

/// Those of `--gates`, else of the file that `safety.rules` names, else none.
[[nodiscard]] harness::Result<harness::SafetyPolicy> gate_rules_in_force(const Invocation& invocation,
                                                                         const Configuration& configuration);

}  // namespace orchestrator::cli
