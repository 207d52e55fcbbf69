// SPDX-License-Identifier: Apache-2.0
#pragma once

// The memory store of the command line: which one it is and whose memories are meant.

#include <string>

#include "cli/configuration/configuration.hpp"
#include "orchestrator/harness/errors.hpp"

namespace orchestrator::cli {

/// The address of the memory store: `memory.store`, else a file in the state folder. Error: `configuration_invalid`
/// where there is no folder for it.
[[nodiscard]] harness::Result<std::string> memory_url(const Configuration& configuration);

/// The user whose memories are meant where no flag says: `memory.user`, or none in particular.
[[nodiscard]] std::string memory_user(const Configuration& configuration);

}  // namespace orchestrator::cli
