// SPDX-License-Identifier: Apache-2.0
#pragma once

// The user's own models, limits and prices. Blocking; for any thread.

#include "cli/configuration/configuration.hpp"
#include "orchestrator/harness/catalogue.hpp"

namespace orchestrator::cli {

/// The catalogue of the file that `catalogue` names; one that knows nothing where it names none. Error:
/// `configuration_invalid` where the file cannot be read or is no catalogue.
[[nodiscard]] harness::Result<harness::ModelCatalogue> own_catalogue(const Configuration& configuration);

}  // namespace orchestrator::cli
