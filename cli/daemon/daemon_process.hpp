// SPDX-License-Identifier: Apache-2.0
#pragma once

// Starting the daemon in the background and ending it. Blocking, within bounds of time; on the main thread.

#include <string>
#include <vector>

#include "cli/daemon/daemon_record.hpp"
#include "orchestrator/harness/errors.hpp"

namespace orchestrator::cli {

/// Where the daemon's log is, in its folder.
[[nodiscard]] std::string daemon_log(const std::string& folder);

/// Starts `orchestratord` with these words, in a session of its own, its stderr appended to the log, and waits until
/// it is ready. Errors: `configuration_invalid` where it refused its configuration, `storage_failed` for the log,
/// `kDaemonUnreachable` where it ended or was not ready in time, and was ended.
[[nodiscard]] harness::Result<DaemonRecord> start_daemon(const std::string& folder,
                                                         const std::vector<std::string>& words);

/// Ends a daemon with SIGTERM and waits until it is gone. Error: `kDaemonUnreachable` where it is still there then.
[[nodiscard]] harness::Result<void> stop_daemon(const DaemonRecord& record);

}  // namespace orchestrator::cli
