// SPDX-License-Identifier: Apache-2.0
#pragma once

// What is taken out of the texts of runs: `--redact`, else ORCHESTRATOR_REDACT or `safety.redact`, else `keys`, which
// takes out the keys of providers alone. Blocking; for the main thread.

#include <memory>
#include <vector>

#include "cli/commands/command_context.hpp"
#include "orchestrator/harness/redaction.hpp"

namespace orchestrator::cli {

struct RedactionChoice {
  harness::RedactionPolicy policy;              // of the mode `none` where nothing is
  std::shared_ptr<harness::SecretVault> vault;  // where values can be put back; else empty
};

/// `keys` are those of the configuration's own providers; those of the environment are left to the harness. Errors:
/// `configuration_invalid`, `storage_failed` (the vault).
[[nodiscard]] harness::Result<RedactionChoice> choose_redaction(const CommandContext& context,
                                                                const Configuration& configuration,
                                                                std::vector<harness::ConfiguredSecret> keys);

/// The vault that texts are restored from for the person at the terminal; empty where they are shown as they are: with
/// --json, and in every mode but `reversible`.
[[nodiscard]] std::shared_ptr<harness::SecretVault> display_vault(const CommandContext& context,
                                                                  const Configuration& configuration);

}  // namespace orchestrator::cli
