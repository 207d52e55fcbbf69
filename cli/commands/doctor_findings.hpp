// SPDX-License-Identifier: Apache-2.0
#pragma once

// What `doctor` finds out: the settings in force, the variables that matter, and what works. Values and blocking
// functions for the main thread. No value of a secret is ever part of a finding.

#include <optional>
#include <string>
#include <vector>

#include "cli/commands/command_context.hpp"

namespace orchestrator::cli {

struct SettingFound {
  std::string key;
  std::string value;
  std::string origin;
};

struct VariableFound {
  std::string name;
  std::string shown;  // `set` for a secret, the value for others, `not set`
  bool is_set = false;
};

struct CheckFound {
  std::string name;
  std::optional<bool> works;  // empty: not looked at, or not configured
  std::string detail;
};

[[nodiscard]] std::vector<SettingFound> find_settings(const Configuration& configuration);
[[nodiscard]] std::vector<VariableFound> find_variables(const Environment& environment);

/// Looks at the store, the providers and the local model. `offline`: connects to nothing.
[[nodiscard]] std::vector<CheckFound> run_checks(const CommandContext& context, const Configuration& configuration,
                                                 bool offline);

}  // namespace orchestrator::cli
