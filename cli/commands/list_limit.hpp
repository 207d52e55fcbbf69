// SPDX-License-Identifier: Apache-2.0
#pragma once

// The flag --limit of every list. A pure function.

#include <cstdint>

#include "cli/command_line/invocation.hpp"
#include "orchestrator/harness/errors.hpp"

namespace orchestrator::cli {

/// How many rows to show: 20 unless the flag says otherwise. Error: `invalid_argument`.
[[nodiscard]] harness::Result<std::uint64_t> list_limit(const Invocation& invocation);

}  // namespace orchestrator::cli
