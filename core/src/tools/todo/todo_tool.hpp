// SPDX-License-Identifier: Apache-2.0
#pragma once

// `todo`: the list of what a session has still to do, written by the model as a whole. Idempotent, never asked about.
// The tool object holds the lists of its most recent sessions; the journal holds every version in its results.

#include <memory>

#include "orchestrator/harness/compensation.hpp"
#include "orchestrator/harness/tools.hpp"

namespace orchestrator::harness::tools {

/// The tool. One object serves many sessions at once, on any thread. Errors of calls: `tool_args_invalid`,
/// `out_of_range` (more than 100 items, or a text that is empty or has more than 500 characters).
[[nodiscard]] std::shared_ptr<Tool> make_todo(const BuiltInToolsConfig& config);

/// Lets undos pass over calls of `todo`: the list is the session's own, and nothing in the world.
[[nodiscard]] std::shared_ptr<Compensator> make_todo_compensator();

}  // namespace orchestrator::harness::tools
