// SPDX-License-Identifier: Apache-2.0
#pragma once

// How the context of a request is put together: what stays, what goes when it grows too large, and what is left in its
// place. Every request leaves its manifest in the journal (`ContextAssembled`), everything that goes a
// `ContextTrimmed`. Plain values.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace orchestrator::harness {

/// What becomes of items that no longer fit.
enum class WhenFull : std::uint8_t {
  trim,      // they are gone
  extract,   // a summary in extracts stands in their place, made without a model: who spoke, and the first sentence
  summarise  // a summary that the run's model writes, as a call of its own; in extracts where that fails
};

/// A text that stands before all history in every request of a run, and is never dropped.
struct PinnedText {
  std::string name;  // unique in its run, 1 to 64 bytes
  std::string text;  // UTF-8, 1 byte or more
  bool operator==(const PinnedText&) const = default;
};

/// What a memory is for.
enum class MemoryLane : std::uint8_t {
  working,   // notes of one session, few and short: the oldest give way to new ones
  episodic,  // what happened in past runs
  semantic   // facts that hold beyond the run they were learned in
};
/// Its text form, equal to its enumerator; static lifetime.
[[nodiscard]] std::string_view name_of(MemoryLane lane);

/// What a run reads from the harness's memory store before its first request, and what it leaves there.
struct MemoryPolicy {
  std::string user;                         // whose memories, at most 256 bytes
  std::uint32_t recall_max = 0;             // memories to look for by the run's input: 0 (none) to 100
  std::uint64_t recall_tokens_max = 1'000;  // of all of them, by estimate; 1 or more
  std::uint64_t timeout_ms = 2'000;         // of a look, and of leaving a memory: after it the run goes on; 1 to 60,000
  bool keep_run = false;                    // a run that completes leaves an episodic memory: what was asked and said
  bool operator==(const MemoryPolicy&) const = default;
};

/// What a request may hold of what came before it. Items go in whole groups, oldest first: exchanges of history, then
/// turns of the run itself (an answer, its calls and their results), so that no call is parted from its result.
/// The run's input, its hints and its pinned texts stay.
///
/// A request's items stand in this order: pinned texts, the summary, history, retrieved memories, input, turns and
/// hints as they come. So whatever is appended leaves the bytes before it as they are, and a provider's prompt cache
/// holds; what breaks it is compaction, which therefore makes room for many turns at once (`fill_percent`).
struct ContextPolicy {
  std::optional<std::uint64_t>
      tokens_max;  // of a request's items, by estimate; unset: three quarters of the model's window, where it is known
  std::uint32_t window_turns = 0;   // newest turns of the run that stay; 0: all that fit
  std::uint32_t fill_percent = 60;  // of a bound that was passed: what compaction leaves; 10 to 100
  std::uint32_t recent_turns = 2;   // newest turns that stay though the bound is passed; 1 or more
  WhenFull when_full = WhenFull::trim;
  std::uint64_t summary_tokens_max = 1'000;  // by estimate; 50 or more
  std::vector<PinnedText> pinned;            // at most 32, together at most 64 KiB
  bool operator==(const ContextPolicy&) const = default;
};

}  // namespace orchestrator::harness
