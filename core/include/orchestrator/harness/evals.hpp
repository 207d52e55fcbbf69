// SPDX-License-Identifier: Apache-2.0
#pragma once

// Judging runs. A run's journal is what an evaluation reads; datasets, scorers and reports come with 0.2.1.
// Plain values.

#include "orchestrator/harness/run.hpp"

namespace orchestrator::harness {

/// What a scorer will look at: how a run ended.
using EvalSample = RunResult;

}  // namespace orchestrator::harness
