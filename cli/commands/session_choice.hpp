// SPDX-License-Identifier: Apache-2.0
#pragma once

// The session of `run` and `chat`: the one that --session names, or a new one. Blocking.

#include "cli/commands/command_context.hpp"
#include "orchestrator/harness/harness.hpp"

namespace orchestrator::cli {

/// Errors: `session_not_found`, `invalid_argument` for an ambiguous beginning, and those of the store.
[[nodiscard]] harness::Result<harness::Session> choose_session(const CommandContext& context,
                                                               const Configuration& configuration,
                                                               harness::Harness& harness);

}  // namespace orchestrator::cli
