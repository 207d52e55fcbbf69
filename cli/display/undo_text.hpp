// SPDX-License-Identifier: Apache-2.0
#pragma once

// The plan of an undo and what became of its steps, for people and as JSON. Pure functions.

#include <boost/json/object.hpp>
#include <string>
#include <vector>

#include "orchestrator/harness/derived_events.hpp"

namespace orchestrator::cli {

/// A table with a line for each step and each conflict.
[[nodiscard]] std::string undo_plan_text(const harness::events::UndoPlanned& plan);
/// One object a step.
[[nodiscard]] std::vector<boost::json::object> undo_plan_json(const harness::events::UndoPlanned& plan);
/// One line on a step that has ended, with its end. REQUIRES: the step is one of the plan's.
[[nodiscard]] std::string undo_step_text(const harness::events::UndoPlanned& plan,
                                         const harness::events::CompensationFinished& finished);

}  // namespace orchestrator::cli
