// SPDX-License-Identifier: Apache-2.0
#pragma once

// `orchestrator runs show RUN --context TURN`: what a request held, or what two requests differ in.

#include "cli/commands/command_context.hpp"
#include "cli/store/store_reader.hpp"

namespace orchestrator::cli {

/// Shows the manifest that --context names, or its difference from that of --with; with --json one object.
ExitStatus show_context(CommandContext& context, StoreReader& store, const harness::RunId& run_id);

}  // namespace orchestrator::cli
