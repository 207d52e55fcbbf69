// SPDX-License-Identifier: Apache-2.0
#pragma once

// Whether a process number still means the process that it meant once, out of /proc. Any thread.

#include <optional>
#include <string>

namespace orchestrator::harness::journal {

struct ProcessTimes {
  bool is_over = false;  // it has ended and only waits for its parent to look
  std::string begun;     // clock ticks since the machine started
};

/// Of `pid`, a number as text or `self`; nothing where there is no such process, or it cannot be read.
[[nodiscard]] std::optional<ProcessTimes> times_of(const std::string& pid);

}  // namespace orchestrator::harness::journal
