// SPDX-License-Identifier: Apache-2.0
#pragma once

// The first or the last event of a line, without decoding what lies between. Pure.

#include <optional>
#include <string_view>

#include "orchestrator/harness/stream.hpp"

namespace orchestrator::harness::journal {

/// Nothing where the line's check does not hold or the event does not read.
[[nodiscard]] std::optional<StreamEvent> first_event_of(std::string_view line);
[[nodiscard]] std::optional<StreamEvent> last_event_of(std::string_view line);

}  // namespace orchestrator::harness::journal
