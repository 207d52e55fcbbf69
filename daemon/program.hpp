// SPDX-License-Identifier: Apache-2.0
#pragma once

// `orchestratord` from its first word to its exit status. For the main thread, once.

#include <string>
#include <vector>

namespace orchestrator::daemon {

/// Serves until SIGTERM or SIGINT; a second one leaves at once. The status to exit with, as of the command line tool.
[[nodiscard]] int run_daemon(const std::vector<std::string>& words) noexcept;

}  // namespace orchestrator::daemon
