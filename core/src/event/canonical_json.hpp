// SPDX-License-Identifier: Apache-2.0
#pragma once

// The JSON Canonicalization Scheme (RFC 8785): one text for all texts of a JSON value, so that a hash of it names the
// value. Members sorted by their names' UTF-16 code units, numbers in the shortest form that reads back as the same
// double (ECMA-262, Number::toString), no white space. Pure.

#include <string>
#include <string_view>

#include "orchestrator/harness/errors.hpp"

namespace orchestrator::harness::event {

/// The canonical form of one whole JSON text of valid UTF-8, nested at most 128 deep; of a repeated member the last
/// one counts. Error: `invalid_argument` with the parser's reason.
[[nodiscard]] Result<std::string> canonical_json(std::string_view text);

}  // namespace orchestrator::harness::event
