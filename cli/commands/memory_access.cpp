// SPDX-License-Identifier: Apache-2.0
#include "cli/commands/memory_access.hpp"

namespace orchestrator::cli {

harness::Result<std::string> memory_url(const Configuration& configuration) {
  if (auto url = configuration.text("memory.store"); url) {
    return *std::move(url);
  }
  if (configuration.folders().state) {
    return "sqlite:" + *configuration.folders().state + "/memory.db";
  }
  return harness::fail(harness::RuntimeErrorCode::configuration_invalid,
                       "there is no folder for memories: set memory.store, ORCHESTRATOR_MEMORY, HOME or "
                       "XDG_STATE_HOME",
                       "memory.store");
}

std::string memory_user(const Configuration& configuration) { return configuration.text("memory.user").value_or(""); }

}  // namespace orchestrator::cli
