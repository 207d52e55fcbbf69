// SPDX-License-Identifier: Apache-2.0
#pragma once

// Does anybody answer at an address? One GET without any key; whatever status comes back counts as an answer.
// Blocking, at most a few seconds.

#include <string>

#include "orchestrator/harness/errors.hpp"

namespace orchestrator::cli {

/// The HTTP status that came back. Errors: why nothing did, such as `provider_unreachable`.
[[nodiscard]] harness::Result<unsigned> ask_address(const std::string& url);

}  // namespace orchestrator::cli
