// SPDX-License-Identifier: Apache-2.0
#pragma once

// `decide : State x Input -> Decision`. The one place where a run's course is decided. Pure: it looks at nothing but
// its arguments and changes neither. docs/harness/control-track.md tells the rules in words.

#include <optional>
#include <vector>

#include "event/effect.hpp"
#include "event/input.hpp"
#include "kernel/state.hpp"
#include "orchestrator/harness/errors.hpp"

namespace orchestrator::harness::kernel {

/// What an input leads to. Either events (and what is to be done once they are stored), or a refusal that names why
/// the input does not count, or nothing: the input changes nothing and is not stored.
struct Decision {
  std::vector<StreamEvent> events;
  std::vector<event::Effect> effects;
  std::optional<Error> refusal;
};

/// Decides. Refusals: `run_not_active` for every input after the terminal event, `precondition_failed` for an expected
/// turn that is not the present one and for `Resume` of a run that is not paused, `queue_full` and `limit_exceeded`
/// for hints and checkpoints past their limits, `invalid_argument` for empty ones. Inputs of an attempt that is not
/// under way (late answers) lead to nothing.
[[nodiscard]] Decision decide(const State& state, const event::Input& input);

}  // namespace orchestrator::harness::kernel
