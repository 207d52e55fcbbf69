// SPDX-License-Identifier: Apache-2.0
#pragma once

// Which items a context has to lose to fit its limits. Whole exchanges go, oldest first, so that no tool call is
// ever parted from its result. Pure.

#include <optional>
#include <string>
#include <vector>

#include "event/context_entry.hpp"
#include "orchestrator/harness/stream.hpp"

namespace orchestrator::harness::kernel {

/// What to drop from the front of `context` so that `limits` hold, one event for each limit that bites; empty when
/// all hold. Only `history` entries may go.
[[nodiscard]] std::vector<events::ContextTrimmed> trim_history(const std::vector<event::ContextEntry>& context,
                                                               const HistoryLimits& limits);

/// What to drop so that the estimate of the whole context is at most `tokens_max`; nothing when it fits already or
/// when no history is left to drop (the provider then judges).
[[nodiscard]] std::optional<events::ContextTrimmed> trim_to_tokens(const std::vector<event::ContextEntry>& context,
                                                                   std::uint64_t tokens_max);

/// The estimate of a whole context.
[[nodiscard]] std::uint64_t total_tokens(const std::vector<event::ContextEntry>& context);

}  // namespace orchestrator::harness::kernel
