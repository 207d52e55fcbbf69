// SPDX-License-Identifier: Apache-2.0
#pragma once

// A question to a person, in full: what a call would do, as it will run. Pure functions.

#include <string>

#include "cli/store/open_questions.hpp"

namespace orchestrator::cli {

/// Tool, call, arguments, targets and everything that the run shows, escaped, nothing cut, with its length and hash.
/// Ends with a line end. Foreign text is broken at `columns`; 0: nowhere.
[[nodiscard]] std::string question_text(const OpenQuestion& question, std::size_t columns);

}  // namespace orchestrator::cli
