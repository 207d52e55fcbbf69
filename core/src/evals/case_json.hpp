// SPDX-License-Identifier: Apache-2.0
#pragma once

// One case of a dataset as a JSON object, and canonical text for whatever is hashed or kept on a line. Pure functions.

#include <boost/json.hpp>

#include <string>
#include <string_view>

#include "orchestrator/harness/errors.hpp"
#include "orchestrator/harness/eval_dataset.hpp"

namespace orchestrator::harness::evals {

/// The canonical JSON (RFC 8785) of a value whose texts are UTF-8 and which is nested at most 128 deep.
[[nodiscard]] std::string canonical_line(const boost::json::value& value);

/// A JSON text as a value whose numbers are the nearest to their text. Error: `invalid_argument` with the reason.
[[nodiscard]] Result<boost::json::value> parse_json(std::string_view text);

/// A case out of an object of the form that eval_dataset.hpp tells. Error: `invalid_argument` naming the member.
[[nodiscard]] Result<EvalCase> case_of(const boost::json::object& object);

/// The object of a case. Error: `not_supported` for inline media.
[[nodiscard]] Result<boost::json::object> object_of(const EvalCase& one);

/// The members that `EvalCase::hash` is taken from.
[[nodiscard]] boost::json::object hashed_members(const EvalCase& one);

}  // namespace orchestrator::harness::evals
