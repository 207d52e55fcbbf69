// SPDX-License-Identifier: Apache-2.0
#pragma once

// Results of an evaluation that never ran, for tests of what follows from them. Values; any thread.

#include <string>
#include <vector>

#include "orchestrator/harness/eval_results.hpp"

namespace orchestrator::harness::evals::testing {

/// Results of one scorer, `exact`, with a record for each value: `values[c][e]` is that of case `c1`, `c2`, ... in
/// epoch e + 1, and 1 passes. Each cost 10 micro-USD. `name` goes into keys and hashes.
[[nodiscard]] EvalResults made_results(const std::string& name, const std::vector<std::vector<double>>& values,
                                       std::uint32_t epochs);

}  // namespace orchestrator::harness::evals::testing
