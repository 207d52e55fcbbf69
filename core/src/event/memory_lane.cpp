// SPDX-License-Identifier: Apache-2.0
#include "event/event_fields.hpp"
#include "orchestrator/harness/context.hpp"

namespace orchestrator::harness {

std::string_view name_of(MemoryLane lane) { return boost::describe::enum_to_string(lane, "unknown"); }

}  // namespace orchestrator::harness
