// SPDX-License-Identifier: Apache-2.0
#pragma once

// Python servers write `NaN`, `Infinity` and `-Infinity` where JSON knows no such numbers.
// Pure function, safe on any thread.

#include <optional>
#include <string>
#include <string_view>

namespace orchestrator::harness::codec {

/// `json_text` with each of these words outside strings put in quotes, so that it parses and the value is seen to be
/// no number. Nothing where there is none.
[[nodiscard]] std::optional<std::string> quote_bare_numbers(std::string_view json_text);

}  // namespace orchestrator::harness::codec
