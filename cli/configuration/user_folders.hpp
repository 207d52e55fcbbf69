// SPDX-License-Identifier: Apache-2.0
#pragma once

// The user's folders by the XDG rules: relative values of the variables are ignored, as the rules say.
// Pure functions of the environment.

#include <optional>
#include <string>

#include "cli/display/terminal.hpp"

namespace orchestrator::cli {

struct UserFolders {
  std::optional<std::string> config;   // $XDG_CONFIG_HOME/orchestrator, else ~/.config/orchestrator
  std::optional<std::string> state;    // $XDG_STATE_HOME/orchestrator, else ~/.local/state/orchestrator
  std::optional<std::string> runtime;  // $XDG_RUNTIME_DIR/orchestrator; there is no other
};

/// Empty where neither the variable nor HOME is set.
[[nodiscard]] UserFolders find_user_folders(const Environment& environment);

}  // namespace orchestrator::cli
