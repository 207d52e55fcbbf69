// SPDX-License-Identifier: Apache-2.0
#pragma once

// A control command as a request to the daemon. Blocking.

#include "cli/control/control_message.hpp"
#include "cli/daemon/daemon_client.hpp"

namespace orchestrator::cli {

/// Sends the command. Errors: those of `DaemonClient::ask`; `run_not_active` and others as of `send_control`.
[[nodiscard]] harness::Result<ControlAnswer> send_to_daemon(const DaemonClient& daemon, const ControlRequest& request);

}  // namespace orchestrator::cli
