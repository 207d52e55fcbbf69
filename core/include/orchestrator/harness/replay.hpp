// SPDX-License-Identifier: Apache-2.0
#pragma once

// A run again, out of its journal. What replay needs is recorded from the first version on: every input can be
// rebuilt from its step, and every event hashes onto the one before. Replaying comes with 0.2.2. Plain values.

#include "orchestrator/harness/stream.hpp"

namespace orchestrator::harness {

/// The point of another run that a run continues from.
using RunParent = events::ParentRef;

}  // namespace orchestrator::harness
