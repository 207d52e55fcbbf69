// SPDX-License-Identifier: Apache-2.0
#pragma once

// Limits on what a run may do and say. In this version: the bounds of `Limits`, and secrets that never reach logs or
// journals because nothing that holds them is recorded. Gates and redaction come with 0.2.1. Plain values.

#include "orchestrator/harness/reliability.hpp"

namespace orchestrator::harness {

/// The bounds that hold for every run.
using SafetyLimits = Limits;

}  // namespace orchestrator::harness
