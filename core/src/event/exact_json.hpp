// SPDX-License-Identifier: Apache-2.0
#pragma once

// JSON text to a value whose doubles are the nearest ones to their text. Boost.JSON 1.81 is off by one unit in the
// last place for about a tenth of them, and a replayed run must write the bytes that it read. Pure.

#include <boost/json.hpp>

#include <string_view>

#include "orchestrator/harness/errors.hpp"

namespace orchestrator::harness::event {

/// Parses one whole JSON text, nested at most `depth_max` deep. Error: `journal_damaged` with the parser's reason. The
/// value lives in `storage`, and not longer than it.
[[nodiscard]] Result<boost::json::value> parse_exact(std::string_view text, std::size_t depth_max,
                                                     boost::json::storage_ptr storage = {});

}  // namespace orchestrator::harness::event
