// SPDX-License-Identifier: Apache-2.0
#pragma once

// The answer of an OpenAI-compatible `POST /embeddings`: a vector for each text, or what is wrong with it. Pure
// function, safe on any thread.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "orchestrator/harness/errors.hpp"

namespace orchestrator::harness::codec {

/// Numbers of one vector at most; what a memory store takes.
inline constexpr std::size_t kEmbeddingValuesMax = 4'096;

struct EmbeddingsAnswer {
  std::vector<std::vector<float>> vectors;  // in the order of the texts, all of one length
  std::optional<std::uint64_t> tokens;      // of all texts; empty where the host did not say, or said nonsense
  bool operator==(const EmbeddingsAnswer&) const = default;
};

/// Reads the answer to a request of `texts` texts. Vectors are put in the order of their `index`; one without an index
/// has that of its place. Errors: `provider_bad_json` (also for values of the wrong type at the top),
/// `provider_response_too_large`, those of `map_stream_error` for an error in place of an answer, and
/// `provider_protocol_violation` for another count of vectors, an index twice or out of range, a vector of no, of too
/// many, or of another count of numbers, and for numbers that are none, not finite as a float, or all zero.
[[nodiscard]] Result<EmbeddingsAnswer> decode_embeddings(std::string_view body, std::size_t texts);

}  // namespace orchestrator::harness::codec
