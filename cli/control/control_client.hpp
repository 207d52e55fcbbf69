// SPDX-License-Identifier: Apache-2.0
#pragma once

// Speaks to the control socket of a run that another process holds. Blocking, at most about 12 s; any thread.

#include "cli/configuration/user_folders.hpp"
#include "cli/control/control_message.hpp"
#include "orchestrator/harness/errors.hpp"

namespace orchestrator::cli {

/// Sends the request and gives the answer, or the refusal of the run. Other errors: `run_not_active` where no process
/// listens for this run, `run_locked` where it listens but does not answer in time.
[[nodiscard]] harness::Result<ControlAnswer> send_control(const UserFolders& folders, const ControlRequest& request);

}  // namespace orchestrator::cli
