// SPDX-License-Identifier: Apache-2.0
#pragma once

// Old event shapes to the present one. A changed shape gets a new version number and one upcaster from the version
// before; reading applies them in order. Stored bytes are never rewritten. Pure.

#include <boost/json.hpp>

#include <cstdint>
#include <span>
#include <string_view>

#include "orchestrator/harness/errors.hpp"

namespace orchestrator::harness::event {

/// Turns the data of `type` at version `from` into that of version `from + 1`, in place.
struct Upcaster {
  std::string_view type;
  std::uint32_t from = 0;
  void (*apply)(boost::json::object& data) = nullptr;
};

/// The upcasters of this build, by type and version. Version 1 is that of 0.1.0, version 2 that of 0.1.1, which runs
/// tools, version 3 that of 0.1.2, which tries again, version 4 that of 0.2.0, which compacts contexts, version 5 that
/// of 0.2.1, which has rules.
[[nodiscard]] std::span<const Upcaster> upcasters();

/// Brings `data` from `version` to `target`; versions without an upcaster for the type pass unchanged.
/// Error: `version_too_new` when `version` is above `target`.
[[nodiscard]] Result<void> upcast(std::span<const Upcaster> table, std::string_view type, std::uint32_t version,
                                  std::uint32_t target, boost::json::object& data);

}  // namespace orchestrator::harness::event
