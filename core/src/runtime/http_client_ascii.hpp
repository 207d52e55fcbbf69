// SPDX-License-Identifier: Apache-2.0
#pragma once

// Lower case for HTTP names and tokens, which are ASCII and know no locale.
// Pure; safe from any thread.

#include <string>
#include <string_view>

namespace orchestrator::harness::runtime {

[[nodiscard]] inline std::string ascii_lower(std::string_view text) {
  std::string result(text);
  for (char& c : result) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return result;
}

}  // namespace orchestrator::harness::runtime
