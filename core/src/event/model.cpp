// SPDX-License-Identifier: Apache-2.0
#include "orchestrator/harness/model.hpp"

namespace orchestrator::harness {

Result<ModelRef> ModelRef::parse(std::string_view text) {
  const std::size_t slash = text.find('/');
  if (slash == std::string_view::npos) {
    return fail(RuntimeErrorCode::invalid_argument,
                "'" + std::string(text) + "' is no model name: expected PROVIDER/MODEL, such as openai/gpt-5.6",
                "model");
  }
  auto provider = ProviderId::parse(text.substr(0, slash));
  if (!provider) {
    return fail(RuntimeErrorCode::invalid_argument,
                "'" + std::string(text.substr(0, slash)) +
                    "' is no provider name: expected 1 to 64 of [a-z0-9_-], starting with a letter",
                "model");
  }
  if (text.size() == slash + 1) {
    return fail(RuntimeErrorCode::invalid_argument, "'" + std::string(text) + "' names no model after the slash",
                "model");
  }
  return ModelRef{*std::move(provider), std::string(text.substr(slash + 1))};
}

}  // namespace orchestrator::harness
