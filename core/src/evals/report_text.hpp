// SPDX-License-Identifier: Apache-2.0
#pragma once

// Pieces that several reports share: numbers for people, and text made safe for XML and HTML. Pure functions.

#include <optional>
#include <string>
#include <string_view>

#include "orchestrator/harness/eval_results.hpp"

namespace orchestrator::harness::evals {

/// `0.667`.
[[nodiscard]] std::string decimal(double value, int places = 3);
/// `0.667 [0.208, 0.939]`, or the value alone.
[[nodiscard]] std::string with_interval(double value, const std::optional<Interval>& interval);
/// `$0.001234`, `at least $0.001234 (3 unknown)`, or `unknown`.
[[nodiscard]] std::string money(const KnownSum& sum);
/// `1234`, `at least 1234 (3 unknown)`, or `unknown`.
[[nodiscard]] std::string count_text(const KnownSum& sum);

/// The model that answered; where each source has its own, `as recorded`, or `that of each source` for re-runs.
[[nodiscard]] std::string model_text(const EvalHeader& header);

/// Text for XML 1.0 and HTML, in elements and in quoted attributes. What XML cannot hold, such as control characters,
/// becomes U+FFFD.
[[nodiscard]] std::string escaped(std::string_view text);
/// The same on one line, at most `bytes_max` bytes of it.
[[nodiscard]] std::string escaped_line(std::string_view text, std::size_t bytes_max);
/// One line for a terminal or a table: control characters become spaces; at most `bytes_max` bytes.
[[nodiscard]] std::string plain_line(std::string_view text, std::size_t bytes_max);

/// Why a record is not passed, in one line: of a failed run its error, else what scorers say. Empty for a pass.
[[nodiscard]] std::string reason_of(const EvalRecord& record);
/// True where every scorer has passed it.
[[nodiscard]] bool is_passed(const EvalRecord& record);

}  // namespace orchestrator::harness::evals
