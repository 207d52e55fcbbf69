// SPDX-License-Identifier: Apache-2.0
#pragma once

// What the environment variables say about store, providers, default model and logs. Reads the process environment;
// not to be called while another thread changes it.

#include <memory>
#include <string>
#include <vector>

#include "orchestrator/harness/errors.hpp"
#include "orchestrator/harness/observability.hpp"
#include "orchestrator/harness/provider.hpp"
#include "orchestrator/harness/redaction.hpp"

namespace orchestrator::harness::assembly {

struct Environment {
  Result<std::string> store_url;  // an error only where nothing names a store and there is no place for one
  bool is_default_store = false;  // nothing names it
  std::vector<std::shared_ptr<ProviderAdapter>> providers;
  std::string default_model;  // empty when nothing is there
  std::shared_ptr<LogSink> log;
  std::vector<ConfiguredSecret> keys;  // of providers, each called by its variable
};

/// Errors: `configuration_invalid` naming the variable.
[[nodiscard]] Result<Environment> read_environment();

}  // namespace orchestrator::harness::assembly
