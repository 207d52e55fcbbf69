// SPDX-License-Identifier: Apache-2.0
#pragma once

// What is said of a run that was shown as far as it is good.

#include <optional>

#include "cli/commands/command_context.hpp"

namespace orchestrator::cli {

/// The damage that the store has noted of a run; nothing where it has not.
[[nodiscard]] std::optional<harness::Error> noted_damage(StoreReader& store, const harness::RunSummary& run);

/// Says on stderr what is wrong, and where it is damage, how what comes before it is saved; the status to end with.
ExitStatus report_damage(CommandContext& context, const harness::RunId& run_id, const harness::Error& error);

}  // namespace orchestrator::cli
