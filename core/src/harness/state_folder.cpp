// SPDX-License-Identifier: Apache-2.0
#include "harness/state_folder.hpp"

#include <cstdlib>

namespace orchestrator::harness::assembly {

Result<std::string> state_folder() {
  const char* state = std::getenv("XDG_STATE_HOME");
  if (state != nullptr && state[0] == '/') return std::string(state) + "/orchestrator";
  const char* home = std::getenv("HOME");
  if (home != nullptr && home[0] == '/') return std::string(home) + "/.local/state/orchestrator";
  return fail(RuntimeErrorCode::configuration_invalid,
              "no place for state: set HOME or XDG_STATE_HOME to an absolute path, or name a store", "HOME");
}

}  // namespace orchestrator::harness::assembly
