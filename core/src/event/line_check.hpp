// SPDX-License-Identifier: Apache-2.0
#pragma once

// The check that ends each line of a journal: `,"check":"<16 hex>"}`, the first 8 bytes of SHA-256 over everything
// before it. It covers the stored input, which the chain of events does not, and tells a flipped bit from an edited
// event. Pure functions.

#include <string>
#include <string_view>

namespace orchestrator::harness::event {

/// Ends a line that has everything but its check and closing brace.
void seal_line(std::string& line);

/// True when `line` (without line end) ends with the check of what stands before it.
[[nodiscard]] bool line_check_holds(std::string_view line);

}  // namespace orchestrator::harness::event
