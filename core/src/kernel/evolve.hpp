// SPDX-License-Identifier: Apache-2.0
#pragma once

// `evolve : State x Event -> State`, in place. It never decides: whatever the event says has happened.
// Pure; one state is folded by one thread.

#include "kernel/state.hpp"

namespace orchestrator::harness::kernel {

/// Folds one event into the state. REQUIRES: events in order of their seq, of one run. Types of later versions
/// (`Unknown`) change nothing but the seq.
void evolve(State& state, const StreamEvent& event);

/// The history that the run began with is no event: it must be in place before `RunStarted` is folded.
[[nodiscard]] State initial_state(std::vector<event::ContextEntry> history);

}  // namespace orchestrator::harness::kernel
