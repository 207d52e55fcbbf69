// SPDX-License-Identifier: Apache-2.0
#pragma once

// How the context of a request is put together: what stays, what goes when it grows too large, and what is left in its
// place. Every request leaves its manifest in the journal (`ContextAssembled`), everything that goes a
// `ContextTrimmed`. Plain values.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace orchestrator::harness {

/// What becomes of items that no longer fit.
enum class WhenFull : std::uint8_t {
  trim,    // they are gone
  extract  // a summary in extracts stands in their place, made without a model: who spoke, and the first sentence
};

/// A text that stands before all history in every request of a run, and is never dropped.
struct PinnedText {
  std::string name;  // unique in its run, 1 to 64 bytes
  std::string text;  // UTF-8, 1 byte or more
  bool operator==(const PinnedText&) const = default;
};

/// What a request may hold of what came before it. Items go in whole groups, oldest first: exchanges of history, then
/// turns of the run itself (an answer, its calls and their results), so that no call is parted from its result.
/// The run's input, its hints and its pinned texts stay.
///
/// A request's items stand in this order: pinned texts, the summary, history, input, turns and hints as they come. So
/// whatever is appended leaves the bytes before it as they are, and a provider's prompt cache holds; what breaks it is
/// compaction, which therefore makes room for many turns at once (`fill_percent`).
struct ContextPolicy {
  std::optional<std::uint64_t>
      tokens_max;                   // of a request's items, by estimate; the smaller of it and `max_input_tokens`
  std::uint32_t window_turns = 0;   // newest turns of the run that stay; 0: all that fit
  std::uint32_t fill_percent = 60;  // of a bound that was passed: what compaction leaves; 10 to 100
  std::uint32_t recent_turns = 2;   // newest turns that stay though the bound is passed; 1 or more
  WhenFull when_full = WhenFull::trim;
  std::uint64_t summary_tokens_max = 1'000;  // by estimate; 50 or more
  std::vector<PinnedText> pinned;            // at most 32, together at most 64 KiB
  bool operator==(const ContextPolicy&) const = default;
};

}  // namespace orchestrator::harness
