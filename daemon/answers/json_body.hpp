// SPDX-License-Identifier: Apache-2.0
#pragma once

// The JSON of a request's body, refused where two readers could read it in two ways. Pure functions; any thread.

#include <boost/json/value.hpp>

#include <expected>
#include <string_view>

#include "codec/json_schema/json_schema.hpp"
#include "daemon/answers/api_error.hpp"

namespace orchestrator::daemon {

/// Parses a whole text. Errors, each with line and column: `invalid_json`, `json_too_deep` (more than 128),
/// `invalid_utf8`, `invalid_unicode` (half a pair of surrogates), `duplicate_key`.
[[nodiscard]] std::expected<boost::json::value, ApiError> parse_json_body(std::string_view text);

/// Checks a value by a schema. The first thing that is wrong is the error: `unknown_field` with the nearest known one,
/// `missing_field`, `wrong_type`, `out_of_range` or `invalid_value`.
[[nodiscard]] std::expected<void, ApiError> check_json_body(const boost::json::value& value,
                                                            const harness::codec::JsonSchema& schema);

}  // namespace orchestrator::daemon
