// SPDX-License-Identifier: Apache-2.0
#include "event/upcaster.hpp"

#include <string>

namespace orchestrator::harness::event {

std::span<const Upcaster> upcasters() { return {}; }

Result<void> upcast(std::span<const Upcaster> table, std::string_view type, std::uint32_t version, std::uint32_t target,
                    boost::json::object& data) {
  if (version > target) {
    return fail(RuntimeErrorCode::version_too_new,
                "an event of type " + std::string(type) + " has version " + std::to_string(version) +
                    ", this build reads up to " + std::to_string(target),
                "/v");
  }
  for (; version < target; ++version) {
    for (const Upcaster& upcaster : table) {
      if (upcaster.type == type && upcaster.from == version) upcaster.apply(data);
    }
  }
  return {};
}

}  // namespace orchestrator::harness::event
