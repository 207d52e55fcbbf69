// SPDX-License-Identifier: Apache-2.0
#pragma once

// Request bodies of the Anthropic Messages API, version 2023-06-01. The same request gives the same bytes, and the
// conversation stands last. Pure functions, safe on any thread.

#include <string>

#include "codec/provider_request.hpp"
#include "orchestrator/harness/model.hpp"

namespace orchestrator::harness::codec {

/// The `anthropic-version` that these bodies are for.
inline constexpr const char* kAnthropicVersion = "2023-06-01";

/// The body of one streamed request. `max_tokens`, which the API wants always, is the setting, or what the model's
/// family gives, and grows with a thinking budget. A tool's schema goes out as written: `strict` is not asked for, and
/// arguments are checked here. REQUIRES: texts are valid UTF-8. Fails with `capability_missing` for `seed`, metadata
/// other than `user_id`, audio, video; with `invalid_argument` for a temperature above 1, a schema that is no object,
/// a tool choice that names no tool, a thinking budget below 1024, or an empty conversation; with `internal` for media
/// without bytes.
[[nodiscard]] Result<std::string> encode_messages_request(const ProviderRequest& request);

/// What a model takes over this wire, as far as its name tells.
[[nodiscard]] ModelOffer messages_offer(const ModelRef& model);

}  // namespace orchestrator::harness::codec
