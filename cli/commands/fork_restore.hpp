// SPDX-License-Identifier: Apache-2.0
#pragma once

// Putting the files of a run back to the point of a fork, before it is made: an undo of what came after. Blocking, on
// the main thread.

#include <cstdint>
#include <optional>

#include "cli/commands/command_context.hpp"
#include "orchestrator/harness/harness.hpp"

namespace orchestrator::cli {

/// Error `invalid_argument` where the flags about it do not go together, or where somebody has to be asked and nobody
/// can be.
[[nodiscard]] harness::Result<void> check_restore_flags(const CommandContext& context);

/// What --restore-workspace asks for, which is nothing without it. Shows the plan on stderr and asks, unless --yes is
/// given. Nothing is touched where not all can be put back. The undo that was carried out, if one was needed; else the
/// status with which the command ends.
[[nodiscard]] std::expected<std::optional<harness::RunId>, ExitStatus> restore_workspace(CommandContext& context,
                                                                                         harness::Harness& harness,
                                                                                         const harness::RunId& run_id,
                                                                                         std::uint64_t at_seq);

}  // namespace orchestrator::cli
