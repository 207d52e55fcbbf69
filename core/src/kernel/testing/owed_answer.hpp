// SPDX-License-Identifier: Apache-2.0
#pragma once

// The world at its plainest: whatever a run asks for is given, and whoever is asked agrees.

#include <optional>

#include "event/input.hpp"
#include "kernel/state.hpp"

namespace orchestrator::harness::kernel {

/// What answers the first thing that the run waits for; nothing where it has ended.
[[nodiscard]] std::optional<event::Input::Value> owed_answer(const State& state);

}  // namespace orchestrator::harness::kernel
