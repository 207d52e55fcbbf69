// SPDX-License-Identifier: Apache-2.0
#include "event/runtime_version.hpp"

namespace orchestrator::harness::event {

std::string_view runtime_version() { return ORCHESTRATOR_VERSION; }

}  // namespace orchestrator::harness::event
