// SPDX-License-Identifier: Apache-2.0
// A run that goes on from a point of another one.
#include "kernel/decider.hpp"

namespace orchestrator::harness::kernel {

void start_fork(Decider& decider, const event::inputs::Start&) {
  decider.refuse(RuntimeErrorCode::not_supported, "forks come with a later commit", "kind");
}

}  // namespace orchestrator::harness::kernel
