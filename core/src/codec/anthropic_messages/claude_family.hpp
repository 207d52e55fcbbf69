// SPDX-License-Identifier: Apache-2.0
#pragma once

// What Claude models of different age take, as far as their names tell. Pure.

#include <cstdint>
#include <string_view>

namespace orchestrator::harness::codec::messages {

struct ClaudeFamily {
  bool thinks = true;                 // takes `thinking`
  bool thinks_adaptively = true;      // takes `thinking.type` adaptive and `output_config.effort`
  std::uint32_t max_tokens = 32'000;  // what is asked for where nobody says
};

/// By name; gateways may put a vendor with a slash, or `anthropic.`, in front. A name that is not known counts as new.
[[nodiscard]] ClaudeFamily family_of(std::string_view model);

}  // namespace orchestrator::harness::codec::messages
