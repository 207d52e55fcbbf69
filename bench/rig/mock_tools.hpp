// SPDX-License-Identifier: Apache-2.0
#pragma once

// The answers of the mock server for a tool loop. The model name `mock-tools-N` asks for N calls of the tool `add_one`
// and then a text. The mock keeps no conversation: which step it is, it counts from the results in the request.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace bench {

/// How many calls a model name asks for; nothing unless it is mock-tools-N with N from 1 to 1,000.
[[nodiscard]] std::optional<std::uint32_t> parse_tool_steps(std::string_view model);

/// Results of calls in the body of a Responses request.
[[nodiscard]] std::uint32_t count_tool_results(std::string_view content);

}  // namespace bench
