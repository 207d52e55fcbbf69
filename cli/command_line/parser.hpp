// SPDX-License-Identifier: Apache-2.0
#pragma once

// From words to an `Invocation`. Flags are split by CLI11, which no other file knows; what they mean stands in the
// command table. A pure function, safe on any thread.

#include <expected>
#include <string>
#include <variant>
#include <vector>

#include "cli/command_line/invocation.hpp"

namespace orchestrator::cli {

using ParsedLine = std::variant<Invocation, HelpWanted>;

/// Parses the words after the program's name. An error names the word, says what is allowed, and suggests the
/// nearest known one; commands and flags of later versions are named with the version that brings them.
[[nodiscard]] std::expected<ParsedLine, UsageError> parse_command_line(const std::vector<std::string>& words);

}  // namespace orchestrator::cli
