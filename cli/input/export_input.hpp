// SPDX-License-Identifier: Apache-2.0
#pragma once

// An exported file as an argument names it: a path, or '-' for standard input. Blocking.

#include <optional>
#include <string>

#include "cli/commands/command_context.hpp"
#include "cli/input/spool_file.hpp"
#include "journal/export_file.hpp"

namespace orchestrator::cli {

/// Valid as long as it is kept.
struct ExportInput {
  harness::journal::ExportPlace place;
  std::optional<SpoolFile> spooled = {};
};

/// Errors: `run_not_found` for a file that is not there, `invalid_argument` where standard input is a terminal, and
/// those of `SpoolFile`.
[[nodiscard]] harness::Result<ExportInput> open_export_input(const CommandContext& context,
                                                             const std::string& argument);

}  // namespace orchestrator::cli
