// SPDX-License-Identifier: Apache-2.0
#pragma once

// Where an endpoint out of [providers.NAME] is, and what opens it. Blocking; for any thread.

#include <string>

#include "cli/configuration/configuration.hpp"
#include "providers/http_provider.hpp"

namespace orchestrator::cli {

struct NamedEndpoint {
  harness::providers::HttpEndpoint address;
  std::string missing_key_help;  // where not empty, a key is needed, and this says how to give one
};

/// A key variable that is not set leaves the key empty: calls that need it fail, no others. Error:
/// `configuration_invalid` where the key's file is not to be read.
[[nodiscard]] harness::Result<NamedEndpoint> named_endpoint(const NamedProvider& named, const Environment& environment);

}  // namespace orchestrator::cli
