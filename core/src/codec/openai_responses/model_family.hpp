// SPDX-License-Identifier: Apache-2.0
#pragma once

// What is known of a model by its name alone, for requests that a host would refuse. Unknown names get the benefit of
// the doubt where a wrong guess costs a refused request. Pure functions, safe on any thread.

#include <string_view>

namespace orchestrator::harness::codec::responses {

struct ModelFamily {
  bool reasons = true;              // takes `reasoning`
  bool encrypts_reasoning = false;  // takes `include: [reasoning.encrypted_content]`
  bool takes_sampling = true;       // takes `temperature` and `top_p`
};

/// `name` as in a request, such as `gpt-5.6`, `openai/gpt-4o` or `ft:gpt-4o:x`.
[[nodiscard]] ModelFamily family_of(std::string_view name);

}  // namespace orchestrator::harness::codec::responses
