// SPDX-License-Identifier: Apache-2.0
#pragma once

// What every command is given, and how it ends. References live as long as the program; for the main thread.

#include <map>
#include <memory>
#include <string>

#include "cli/command_line/invocation.hpp"
#include "cli/configuration/configuration.hpp"
#include "cli/display/notes.hpp"
#include "cli/display/output.hpp"
#include "cli/display/terminal.hpp"
#include "cli/exit_status.hpp"
#include "cli/store/store_reader.hpp"
#include "orchestrator/harness/errors.hpp"

namespace orchestrator::cli {

struct CommandContext {
  const Invocation& invocation;
  const Environment& environment;
  const Terminal& terminal;
  Output& out;
  Notes& notes;
};

/// Says the failure in one line on stderr; the status to end with.
ExitStatus report(CommandContext& context, const harness::Error& error);

/// Flushes stdout and says what kept it from being written, if anything did. A status that tells more than `done`
/// stays.
ExitStatus finish_output(CommandContext& context, ExitStatus status);

/// The configuration in force for this command line.
[[nodiscard]] harness::Result<Configuration> load_configuration(const CommandContext& context);

/// The address of the store in force. Error: `configuration_invalid` where no folder for it is known.
[[nodiscard]] harness::Result<std::string> store_url(const Configuration& configuration);

/// Whether the store in force outlives this program, so that other processes find its runs.
[[nodiscard]] bool is_lasting(const Configuration& configuration);

/// The store in force. The first opening of the default one says what it took over from the default of before.
[[nodiscard]] harness::Result<std::shared_ptr<harness::JournalStore>> open_configured_store(
    const CommandContext& context, const Configuration& configuration);

/// The store in force, for reading.
[[nodiscard]] harness::Result<StoreReader> open_reader(const CommandContext& context);

}  // namespace orchestrator::cli
