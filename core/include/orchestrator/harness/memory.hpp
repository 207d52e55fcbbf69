// SPDX-License-Identifier: Apache-2.0
#pragma once

// What outlives a run. In this version that is the history of its session; working, episodic and semantic memory
// come with 0.2.0. Plain values.

#include "orchestrator/harness/reliability.hpp"

namespace orchestrator::harness {

/// How much of a session a run begins with.
using SessionMemoryLimits = HistoryLimits;

}  // namespace orchestrator::harness
