// SPDX-License-Identifier: Apache-2.0
#pragma once

// How much history a run begins with. Whole exchanges go, oldest first, so that no tool call is ever parted from its
// result. Pure.

#include <string>
#include <vector>

#include "event/context_entry.hpp"
#include "orchestrator/harness/stream.hpp"

namespace orchestrator::harness::kernel {

/// What to drop from the front of `context` so that `limits` hold, one event for each limit that bites; empty when
/// all hold. Only `history` entries may go.
[[nodiscard]] std::vector<events::ContextTrimmed> trim_history(const std::vector<event::ContextEntry>& context,
                                                               const HistoryLimits& limits);

/// The estimate of a whole context.
[[nodiscard]] std::uint64_t total_tokens(const std::vector<event::ContextEntry>& context);

}  // namespace orchestrator::harness::kernel
