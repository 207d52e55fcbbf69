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

/// The line that one begins with which a model has written.
inline constexpr std::string_view kWrittenHead = "Earlier in this conversation, summed up by a model:";
/// The line between what a model has written and the extracts of what came after it.
inline constexpr std::string_view kSinceHead = "Since then, in extracts:";

/// True for a user message that is a summary of either kind.
[[nodiscard]] bool is_summary(const event::ContextEntry& entry);

/// The summary of `dropped`, oldest first, in at most `tokens_max` estimated tokens (50 or more). What an earlier
/// summary among them has is taken over: its lines, and what a model wrote, cut to half of the room. Where not all
/// lines fit, the oldest are left out and counted.
[[nodiscard]] std::string summary_in_extracts(std::span<const event::ContextEntry> dropped, std::uint64_t tokens_max);

/// What a model has written, as it stands in the context, in at most `tokens_max` estimated tokens. Of `rest`, which it
/// has not seen, there are extracts.
[[nodiscard]] std::string summary_as_written(std::string_view text, std::span<const event::ContextEntry> rest,
                                             std::uint64_t tokens_max);

}  // namespace orchestrator::harness::kernel
