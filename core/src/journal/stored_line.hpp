// SPDX-License-Identifier: Apache-2.0
#pragma once

// What a line of a journal says about itself, read without decoding its events: number, range of seqs, whether it is
// strict, and whether it is the line that belongs here. Pure functions. Format: docs/journal-format.md.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "orchestrator/harness/errors.hpp"
#include "orchestrator/harness/ids.hpp"

namespace orchestrator::harness::journal {

/// The largest line that is written, and the largest one that is looked for when reading.
inline constexpr std::uint64_t kLineBytesMax = 256ULL << 20;

/// A place between two lines: where the next one starts, and the numbers of the one before it.
struct LinePlace {
  std::uint64_t offset = 0;
  std::uint64_t step = 0;
  std::uint64_t seq = 0;
  bool operator==(const LinePlace&) const = default;
};

struct LineNumbers {
  std::uint64_t step = 0;
  std::uint64_t first_seq = 0;
  std::uint64_t last_seq = 0;
  bool strict = false;
};

/// The numbers of a line whose check holds and whose events are of `run_id`; nothing for any other text.
[[nodiscard]] std::optional<LineNumbers> numbers_of(std::string_view line, const RunId& run_id);

/// The same for the line after `before`. Error: `journal_damaged`, which names the run, the step, the event before it
/// and the flaw: checksum mismatch, a step or event out of place, text that is no step.
[[nodiscard]] Result<LineNumbers> check_line(std::string_view line, const RunId& run_id, const LinePlace& before);

/// The text of the chain hash that a line ends with, by its place before the line's check; empty where there is none.
[[nodiscard]] std::string_view head_text_of(std::string_view line);

}  // namespace orchestrator::harness::journal
