// SPDX-License-Identifier: Apache-2.0
#pragma once

// What a body asks for that needs a higher role than its route: consent in a person's place, and folders that hold the
// daemon's own secrets. Pure but for a look at the disk; any thread.

#include <boost/json/value.hpp>

#include <expected>
#include <string>

#include "daemon/access/principal.hpp"
#include "daemon/answers/api_error.hpp"

namespace orchestrator::daemon {

/// Error `role_too_low` (403): `approve` is needed for `"approve": "never"`, for `"trust_imported": true` and for a
/// gate that is to pass; `admin` for a workspace that holds `private_folder`, or lies in it. An empty folder is none.
[[nodiscard]] std::expected<void, ApiError> check_consents(const Principal& principal, const boost::json::value& body,
                                                           const std::string& private_folder);

}  // namespace orchestrator::daemon
