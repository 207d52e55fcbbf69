// SPDX-License-Identifier: Apache-2.0
#pragma once

// What has to leave a context that has grown past a bound of its policy. Whole groups go, oldest first: exchanges of
// history, then turns of the run itself, so that no tool call is ever parted from its result. Pure.

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "event/context_entry.hpp"
#include "orchestrator/harness/stream.hpp"

namespace orchestrator::harness::kernel {

/// The bound of a request's items: the smaller of the policy's and the settings'.
[[nodiscard]] std::optional<std::uint64_t> context_tokens_max(const events::RunStarted& spec);

/// What a model has written of entries that go, and which it saw; without text a summary is in extracts.
struct Written {
  std::string_view text;
  std::span<const Hash> covers;
};

/// What the window of turns shuts out; nothing while it holds all.
[[nodiscard]] std::optional<events::ContextTrimmed> compact_turns(const std::vector<event::ContextEntry>& context,
                                                                  const events::RunStarted& spec,
                                                                  const Written& written = {});

/// What has to go so that the estimate of the whole context is within its bound; nothing while it is, or when nothing
/// is left that may go (the provider then judges).
[[nodiscard]] std::optional<events::ContextTrimmed> compact_tokens(const std::vector<event::ContextEntry>& context,
                                                                   const events::RunStarted& spec,
                                                                   const Written& written = {});

/// The entries that the next compaction takes out, oldest first, earlier summaries among them; none while nothing has
/// to go.
[[nodiscard]] std::vector<event::ContextEntry> about_to_go(const std::vector<event::ContextEntry>& context,
                                                           const events::RunStarted& spec);
/// The greatest estimate of a summary.
[[nodiscard]] std::uint64_t summary_room(const events::RunStarted& spec);

/// The estimate of what is left of a context when all has gone that may go.
[[nodiscard]] std::uint64_t tokens_that_stay(const std::vector<event::ContextEntry>& context,
                                             const events::RunStarted& spec);

}  // namespace orchestrator::harness::kernel
