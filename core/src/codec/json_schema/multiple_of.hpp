// SPDX-License-Identifier: Apache-2.0
#pragma once

// `multipleOf`, exactly: doubles are taken as the decimals that they were written as, so that neither rounding nor a
// tolerance for it decides. A pure function; any thread may call it.

#include <boost/json.hpp>

namespace orchestrator::harness::codec::json_schema {

/// Whether `value` is a whole multiple of `of`, both taken as the decimal numbers that they are written as: 4.35 is a
/// multiple of 0.01, and 1000000000.5 is none of 1. What is past the range of a double is a multiple of nothing.
/// REQUIRES: both are numbers, `of` above 0.
[[nodiscard]] bool is_multiple(const boost::json::value& value, const boost::json::value& of);

}  // namespace orchestrator::harness::codec::json_schema
