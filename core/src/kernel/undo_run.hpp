// SPDX-License-Identifier: Apache-2.0
#pragma once

// A run that takes calls of another one back, step by step, last call first. Each step is looked at once more before
// it acts; what somebody has changed since the plan was made is not touched. Pure.

#include <vector>

#include "event/effect.hpp"
#include "kernel/decider.hpp"

namespace orchestrator::harness::kernel {

/// The same over retries and resumes of one step of one undo.
[[nodiscard]] std::string compensation_key(const RunId& run_id, std::uint32_t index);

/// What an undo in this state still owes: the look at its next step, or the step under way.
[[nodiscard]] std::vector<event::Effect> owed_compensations(const Facts& facts, const Undoing& undoing);

/// Goes on with a step whose process died while it acted: it is begun again, which changes nothing twice.
void begin_again(Decider& decider);

/// Stops an undo: at once between steps, else when the step under way has ended.
void stop_undo(Decider& decider, const events::AbortRequested& abort);

}  // namespace orchestrator::harness::kernel
