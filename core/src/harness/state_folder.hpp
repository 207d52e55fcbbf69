// SPDX-License-Identifier: Apache-2.0
#pragma once

// Where state is kept for a user: $XDG_STATE_HOME/orchestrator, else ~/.local/state/orchestrator (XDG Base Directory
// Specification 0.8). Reads the process environment.

#include <string>

#include "orchestrator/harness/errors.hpp"

namespace orchestrator::harness::assembly {

/// The folder's absolute path; it need not exist. Error: `configuration_invalid` when neither XDG_STATE_HOME nor HOME
/// is an absolute path.
[[nodiscard]] Result<std::string> state_folder();

}  // namespace orchestrator::harness::assembly
