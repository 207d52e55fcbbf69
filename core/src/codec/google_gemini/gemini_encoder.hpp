// SPDX-License-Identifier: Apache-2.0
#pragma once

// Request bodies of Gemini's generateContent. The same request gives the same bytes, and the conversation stands last.
// Pure functions, safe on any thread.

#include <string>

#include "codec/provider_request.hpp"
#include "orchestrator/harness/model.hpp"

namespace orchestrator::harness::codec {

/// The path of a streamed request after the base address: `/v1beta/models/MODEL:streamGenerateContent?alt=sse`, what
/// is no plain character of a name escaped.
[[nodiscard]] std::string gemini_path(const ModelRef& model);

/// The body of one request. Effort becomes a thinking level where the model's name says Gemini 3 or later, else a
/// budget of tokens. REQUIRES: texts are valid UTF-8. Fails with `capability_missing` for metadata and
/// `parallel_tool_calls`; with `invalid_argument` for more than 5 stop texts, a schema that is no object, a tool choice
/// that names no tool, or an empty conversation; with `internal` for media without bytes.
[[nodiscard]] Result<std::string> encode_gemini_request(const ProviderRequest& request);

/// What a model takes over this wire, as far as its name tells.
[[nodiscard]] ModelOffer gemini_offer(const ModelRef& model);

}  // namespace orchestrator::harness::codec
