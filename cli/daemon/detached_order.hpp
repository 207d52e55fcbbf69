// SPDX-License-Identifier: Apache-2.0
#pragma once

// A run of the command line as the daemon takes it. Pure, but for making paths whole.

#include <optional>
#include <string>

#include "cli/command_line/invocation.hpp"
#include "cli/commands/run_request.hpp"

namespace orchestrator::cli {

/// The body of `POST /v1/runs`. Error: `invalid_argument` for a flag that the daemon cannot take.
[[nodiscard]] harness::Result<std::string> detached_order(const Invocation& invocation, const RunRequest& request,
                                                          const std::optional<harness::SessionId>& session,
                                                          const std::string& prompt);

}  // namespace orchestrator::cli
