// SPDX-License-Identifier: Apache-2.0
#pragma once

// Which marks one step of a run hits, told from the outside: the state before, the input, and what came of it.
// Pure.

#include "event/input.hpp"
#include "kernel/decide.hpp"
#include "kernel/state.hpp"
#include "sim/marks.hpp"

namespace orchestrator::harness::sim {

/// Notes what this decision is an example of.
void note_step(Marks& marks, const kernel::State& before, const event::Input& input, const kernel::Decision& decision);

/// Notes in what state the process died.
void note_crash(Marks& marks, const kernel::State& state);

}  // namespace orchestrator::harness::sim
