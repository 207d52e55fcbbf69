// SPDX-License-Identifier: Apache-2.0
#pragma once

// Made-up texts to measure redaction on: the same on every machine. Pure functions.

#include <cstddef>
#include <string>

namespace orchestrator::bench {

[[nodiscard]] std::string prose_text(std::size_t bytes);
[[nodiscard]] std::string code_text(std::size_t bytes);
/// One array of flat objects.
[[nodiscard]] std::string json_text(std::size_t bytes);
[[nodiscard]] std::string log_text(std::size_t bytes);

}  // namespace orchestrator::bench
