// SPDX-License-Identifier: Apache-2.0
#pragma once

// One event as one line for people. A pure function; what models and files wrote is made safe for a terminal.

#include <string>

#include "orchestrator/harness/stream.hpp"

namespace orchestrator::cli {

/// `    12  +1.250 s  OutputDelta        "text"`, without a line end.
[[nodiscard]] std::string event_line(const harness::StreamEvent& event);

/// Models that were passed over, each with its reasons: `openai/a: wire; chat/b: failed:provider_quota_exhausted`.
[[nodiscard]] std::string text_of_rejected(const std::vector<harness::events::RejectedModel>& models);

}  // namespace orchestrator::cli
