// SPDX-License-Identifier: Apache-2.0
#pragma once

// What is left of a conversation whose items have to go, without asking a model: one line an item, with who it was and
// its first sentence. What tools returned is not in it: it would come back as the user's words. Pure.

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "event/context_entry.hpp"

namespace orchestrator::harness::kernel {

/// The line that every summary begins with; by it an earlier one is known.
inline constexpr std::string_view kSummaryHead = "Earlier in this conversation, in extracts:";

/// True for a user message that is such a summary.
[[nodiscard]] bool is_summary(const event::ContextEntry& entry);

/// The summary of `dropped`, oldest first, in at most `tokens_max` estimated tokens (50 or more). The lines of an
/// earlier summary among them are taken over; where not all lines fit, the oldest are left out and counted.
[[nodiscard]] std::string summary_in_extracts(std::span<const event::ContextEntry> dropped, std::uint64_t tokens_max);

}  // namespace orchestrator::harness::kernel
