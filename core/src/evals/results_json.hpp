// SPDX-License-Identifier: Apache-2.0
#pragma once

// Headers and records of results as JSON objects and back. Pure functions.

#include <boost/json.hpp>

#include <cstdint>
#include <optional>
#include <string_view>

#include "orchestrator/harness/eval_results.hpp"

namespace orchestrator::harness::evals {

/// Of the lines of a results file.
inline constexpr std::uint64_t kResultsVersion = 1;

[[nodiscard]] boost::json::object object_of(const EvalHeader& header);
[[nodiscard]] boost::json::object object_of(const EvalRecord& record);
/// Errors: `invalid_argument` naming the member, `version_too_new`.
[[nodiscard]] Result<EvalHeader> header_of(const boost::json::object& object);
[[nodiscard]] Result<EvalRecord> record_of(const boost::json::object& object);

/// `scored`, `run_failed`, `scorer_failed`.
[[nodiscard]] std::string_view name_of(EvalStatus status);
/// A number, or null.
[[nodiscard]] boost::json::value number_or_null(const std::optional<std::uint64_t>& number);

}  // namespace orchestrator::harness::evals
