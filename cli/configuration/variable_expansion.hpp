// SPDX-License-Identifier: Apache-2.0
#pragma once

// `${NAME}` in the values of the user's configuration file. A pure function of the environment.

#include <expected>
#include <string>
#include <string_view>

#include "cli/display/terminal.hpp"

namespace orchestrator::cli {

/// `text` with each `${NAME}` replaced; `$${` stands for `${` itself. An error is the end of a sentence whose subject
/// is the key, and names the variable that is not set, or the name that is none.
[[nodiscard]] std::expected<std::string, std::string> expand_variables(std::string_view text,
                                                                       const Environment& environment);

}  // namespace orchestrator::cli
