// SPDX-License-Identifier: Apache-2.0
#pragma once

// From the configuration in force to a harness: store, providers, default model, log. Blocking.

#include <optional>
#include <string>

#include "cli/commands/command_context.hpp"
#include "orchestrator/harness/harness.hpp"

namespace orchestrator::cli {

/// A harness on the store in force, its runs under the rules of `gates_file`, else under those in force. Errors:
/// `configuration_invalid`, `storage_*`.
[[nodiscard]] harness::Result<harness::Harness> make_harness(const CommandContext& context,
                                                             const Configuration& configuration,
                                                             const std::optional<std::string>& gates_file = {});

/// A harness that stores nothing and has no rules, for looking at providers.
[[nodiscard]] harness::Result<harness::Harness> make_harness_without_store(const CommandContext& context,
                                                                           const Configuration& configuration);

}  // namespace orchestrator::cli
