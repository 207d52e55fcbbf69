// SPDX-License-Identifier: Apache-2.0
#pragma once

// The wall clock, for what is shown and stored; never for deadlines. Any thread.

#include <chrono>

#include "orchestrator/harness/stream.hpp"

namespace orchestrator::harness::runtime {

/// The present moment by the system's clock.
[[nodiscard]] inline WallTime wall_now() {
  const auto since = std::chrono::system_clock::now().time_since_epoch();
  return {std::chrono::duration_cast<std::chrono::microseconds>(since).count()};
}

}  // namespace orchestrator::harness::runtime
