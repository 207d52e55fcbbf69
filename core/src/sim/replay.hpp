// SPDX-License-Identifier: Apache-2.0
#pragma once

// The last judge of a journal: the inputs rebuilt from its lines, fed to `decide` again, give the same lines, byte for
// byte. Pure functions.

#include <cstdint>
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

/// Whether the stored form of each input is compared as well: lines of earlier versions have another one.
enum class InputBytes : std::uint8_t { compared, left_alone };

/// Replays a run's lines, from its first. `history` is what `RunStarted` refers to.
[[nodiscard]] ReplayResult replay(const std::vector<std::string>& lines,
                                  const std::vector<event::ContextEntry>& history,
                                  InputBytes input_bytes = InputBytes::compared);

/// The same of a fork, which begins with `base`.
[[nodiscard]] ReplayResult replay_fork(const std::vector<std::string>& lines, const kernel::State& base,
                                       InputBytes input_bytes = InputBytes::compared);

}  // namespace orchestrator::harness::sim
