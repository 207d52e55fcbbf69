// SPDX-License-Identifier: Apache-2.0
#pragma once

// The request of an OpenAI-compatible `POST /embeddings`. Pure function, safe on any thread.

#include <span>
#include <string>
#include <string_view>

namespace orchestrator::harness::codec {

/// The body that asks `model` for a vector of each text, as numbers. REQUIRES: valid UTF-8, at least one text.
[[nodiscard]] std::string encode_embeddings_request(std::string_view model, std::span<const std::string> texts);

}  // namespace orchestrator::harness::codec
