// SPDX-License-Identifier: Apache-2.0
#pragma once

// What a case expects, read as the scorers need it. Pure functions. Errors are `invalid_argument` and name the case.

#include <boost/json.hpp>

#include <string>
#include <string_view>
#include <vector>

#include "orchestrator/harness/eval_scorer.hpp"

namespace orchestrator::harness::evals {

/// The value of `expected`.
[[nodiscard]] Result<boost::json::value> expected_value(const EvalSample& sample);
/// The texts of which any will do: `expected` is a text, or a list of at least one. Numbers and truth values count as
/// the text that they are written as.
[[nodiscard]] Result<std::vector<std::string>> expected_texts(const EvalSample& sample);

/// A text in the form in which `match` compares it.
[[nodiscard]] std::string matched_form(std::string_view text, const TextMatch& match);
/// Without white space at its ends, and without a fence of three backticks around it.
[[nodiscard]] std::string_view unfenced(std::string_view text);
/// `text` in quotation marks, at most 120 bytes of it.
[[nodiscard]] std::string quoted(std::string_view text);

/// A score of 1 or 0.
[[nodiscard]] Score verdict(bool passed, std::string explanation);

}  // namespace orchestrator::harness::evals
