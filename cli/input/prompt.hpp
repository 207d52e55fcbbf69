// SPDX-License-Identifier: Apache-2.0
#pragma once

// The prompt of a run: the argument, or stdin. Blocking reads on the caller's thread.

#include <cstdint>
#include <optional>
#include <string>

#include "orchestrator/harness/errors.hpp"

namespace orchestrator::cli {

/// Where a prompt may be read from.
struct PromptSource {
  std::optional<std::string> argument;  // `-` means stdin
  int descriptor = 0;                   // of stdin
  bool in_is_terminal = false;
  std::uint64_t bytes_max = 64ULL << 20;
};

/// Reads and checks the prompt; one final line end of stdin is left out. Without an argument stdin is read where it
/// is a pipe or a file. Errors, all `invalid_argument`: none given on a terminal, empty, only white space, too
/// large, unreadable (why), not UTF-8 (the byte's offset).
[[nodiscard]] harness::Result<std::string> read_prompt(const PromptSource& source);

/// The check alone, for text from anywhere; `what` names it in the error.
[[nodiscard]] harness::Result<void> check_text(const std::string& text, const std::string& what);

}  // namespace orchestrator::cli
