// SPDX-License-Identifier: Apache-2.0
#pragma once

// The model of a run that names none: the first that is there, of a configured key, a local server that answers, and
// the local model. Looks at the environment and at loopback ports.

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "orchestrator/harness/provider.hpp"

namespace orchestrator::harness::assembly {

/// What `openai` is asked for when only a key is given.
inline constexpr const char* kDefaultOpenAiModel = "gpt-5.6";
inline constexpr const char* kDefaultAnthropicModel = "claude-sonnet-5";
inline constexpr const char* kDefaultGeminiModel = "gemini-3.8-flash";

/// The base address of an OpenAI-compatible server on 127.0.0.1 port 8080 or 11434 that answers GET /v1/models within
/// 300 ms each; nothing where there is none.
[[nodiscard]] std::optional<std::string> find_local_chat_server();

/// `provider/model`, or empty when nothing is there. Where the configured server may not be called, a model of it,
/// whose runs are refused with the reason.
[[nodiscard]] std::string default_model(const std::vector<std::shared_ptr<ProviderAdapter>>& providers);

}  // namespace orchestrator::harness::assembly
