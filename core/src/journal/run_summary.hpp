// SPDX-License-Identifier: Apache-2.0
#pragma once

// What a list shows of a run, out of the lines of its first and last step. Pure.

#include <cstdint>
#include <string>
#include <string_view>

#include "orchestrator/harness/journal.hpp"

namespace orchestrator::harness::journal {

struct SummarySource {
  RunId run_id;
  std::string_view first_line;
  std::string_view last_line;
  std::uint64_t bytes = 0;  // of the whole journal
  bool held = false;
};

/// Never fails: where a line does not read, `damaged` is set and its fields stay empty.
[[nodiscard]] RunSummary summarise(const SummarySource& source);

/// True where the filter's status, if it names one, is the run's.
[[nodiscard]] bool passes_status(const RunFilter& filter, const RunSummary& run);

/// True where a run of this id may be listed by the filter's prefix and cursor.
[[nodiscard]] bool passes_id(const RunFilter& filter, const RunId& run_id);

/// Error: `invalid_argument` where the limit is out of range.
[[nodiscard]] Result<void> check_filter(const RunFilter& filter);

/// The first `bytes_max` bytes of `text` at most, cut between characters, on one line.
[[nodiscard]] std::string preview_of(std::string_view text, std::size_t bytes_max);

}  // namespace orchestrator::harness::journal
