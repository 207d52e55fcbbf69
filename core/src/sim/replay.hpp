// SPDX-License-Identifier: Apache-2.0
#pragma once

// The last judge of a journal: the inputs rebuilt from its lines, fed to `decide` again, give the same lines, byte for
// byte. Pure functions.

#include <optional>
#include <string>
#include <vector>

#include "event/context_entry.hpp"
#include "kernel/state.hpp"

namespace orchestrator::harness::sim {

/// What a replay came to: the state after the last line, and where the first difference is, if there is one.
struct ReplayResult {
  kernel::State state;
  std::optional<std::string> difference;
};

/// Replays a run's lines, from its first. `history` is what `RunStarted` refers to.
[[nodiscard]] ReplayResult replay(const std::vector<std::string>& lines,
                                  const std::vector<event::ContextEntry>& history);

}  // namespace orchestrator::harness::sim
