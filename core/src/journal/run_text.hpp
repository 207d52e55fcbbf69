// SPDX-License-Identifier: Apache-2.0
#pragma once

// What of a run is searched: its input and its output; and what a search finds in them. Pure functions, the only
// definition of a hit: an index of a store narrows down where it is looked for.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "orchestrator/harness/errors.hpp"
#include "orchestrator/harness/run_store.hpp"

namespace orchestrator::harness::journal {

struct RunText {
  std::string input;   // texts of the first event's parts, each on a line of its own
  std::string output;  // of the terminal event; empty while there is none
};

/// Out of the run's first and last lines. Empty where they do not read; each text is cut at 256 KiB.
[[nodiscard]] RunText run_text(std::string_view first_line, std::string_view last_line);

/// The words of a search, with ASCII letters in lower case. Error: `invalid_argument` where there is none, or more than
/// 16, or one of more than 256 bytes.
[[nodiscard]] Result<std::vector<std::string>> search_words(std::string_view text);

/// Where all words occur, each in the input or in the output and anywhere in them, ASCII letters of either case; the
/// hit shows the first of them. Nothing where one is missing.
[[nodiscard]] std::optional<RunHit> find_words(const RunText& text, const std::vector<std::string>& words);

}  // namespace orchestrator::harness::journal
