// SPDX-License-Identifier: Apache-2.0
#pragma once

// The memory store of the command line: which one it is, whose memories are meant, and what makes their embeddings.

#include <memory>
#include <string>

#include "cli/configuration/configuration.hpp"
#include "orchestrator/harness/embedder.hpp"
#include "orchestrator/harness/errors.hpp"

namespace orchestrator::cli {

/// The address of the memory store: `memory.store`, else a file in the state folder. Error: `configuration_invalid`
/// where there is no folder for it.
[[nodiscard]] harness::Result<std::string> memory_url(const Configuration& configuration);

/// The user whose memories are meant where no flag says: `memory.user`, or none in particular.
[[nodiscard]] std::string memory_user(const Configuration& configuration);

/// What makes the embeddings of memories: the model that `memory.embeddings` names, or null where it names none. May
/// look for a server on this machine, as a run would (300 ms a port). Error: `configuration_invalid` naming the place,
/// where the provider is not known or has no embeddings, or its address, key file or catalogue is wrong.
[[nodiscard]] harness::Result<std::shared_ptr<harness::Embedder>> memory_embedder(const Configuration& configuration,
                                                                                  const Environment& environment);

}  // namespace orchestrator::cli
