// SPDX-License-Identifier: Apache-2.0
#pragma once

// Request bodies of the OpenAI Responses API. The same request gives the same bytes, and the conversation stands last,
// so that the bodies of a growing conversation share their beginning. Pure functions, safe on any thread.

#include <optional>
#include <string>

#include "codec/provider_request.hpp"
#include "orchestrator/harness/model.hpp"

namespace orchestrator::harness::codec {

struct ResponsesOptions {
  bool stream = true;
  /// True: the host keeps nothing (`store: false`), and reasoning goes back encrypted. False: the host stores answers.
  bool stateless = true;
  /// Ask for encrypted reasoning in stateless mode; unset: by the model's name, since others refuse to be asked.
  std::optional<bool> encrypted_reasoning;
  /// Send the ids of items back. Some hosts refuse ids of what they have not stored.
  bool item_ids = true;
  /// Routes requests that share their beginning to the same cache; empty: left to the host.
  std::string prompt_cache_key;
  bool operator==(const ResponsesOptions&) const = default;
};

/// The body of one request. REQUIRES: texts are valid UTF-8. Fails with `capability_missing` for what this wire has no
/// field for (`seed`, `stop`, a reasoning budget, audio, video), with `invalid_argument` for a schema that is no JSON
/// object, a tool choice that names no tool or an empty conversation, and with `internal` for media without bytes.
[[nodiscard]] Result<std::string> encode_responses_request(const ProviderRequest& request,
                                                           const ResponsesOptions& options);

/// What a model takes over this wire, as far as its name tells.
[[nodiscard]] ModelOffer responses_offer(const ModelRef& model);

}  // namespace orchestrator::harness::codec
