// SPDX-License-Identifier: Apache-2.0
#pragma once

// The flags that several commands have in common: those of a run (`run`, `chat`) and those of everything that reads
// the configuration. Constant data for the command table.

#include <vector>

#include "cli/command_line/command_table.hpp"

namespace orchestrator::cli {

/// --gates: the rules that runs are under.
[[nodiscard]] FlagSpec gates_flag();
/// Flags of `run` and `chat`, in the order of the help.
[[nodiscard]] std::vector<FlagSpec> run_flags();

/// `--redact`, which a run and what goes on with it take.
[[nodiscard]] FlagSpec redact_flag();
/// `--trust-imported`, of what acts on a run.
[[nodiscard]] FlagSpec trust_imported_flag();
/// `--injection`, likewise.
[[nodiscard]] FlagSpec injection_flag();
/// --store, --config, --no-daemon, --help: last in every command that uses them.
[[nodiscard]] std::vector<FlagSpec> store_flags();
/// `flags`, then `more`.
[[nodiscard]] std::vector<FlagSpec> joined(std::vector<FlagSpec> flags, const std::vector<FlagSpec>& more);

}  // namespace orchestrator::cli
