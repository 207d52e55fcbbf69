// SPDX-License-Identifier: Apache-2.0
#pragma once

// Answers that come as bytes: a stream of the Responses API is written, cut anywhere, and decoded by the real decoder.
// So the kernel is fed what the codec really makes of a stream. Pure but for the stream of draws that it is given.

#include <string>
#include <vector>

#include "event/provider_part.hpp"
#include "sim/entropy.hpp"

namespace orchestrator::harness::sim {

/// The parts of one answer, as decoded. With `may_fail`, the stream may break off or hold an error.
[[nodiscard]] std::vector<ProviderPart> draw_codec_answer(Entropy& entropy, bool may_fail);

/// The bytes of an event stream: items that are cut into deltas, usage and end.
[[nodiscard]] std::string draw_responses_stream(Entropy& entropy, bool may_fail);

/// What the decoder makes of `bytes` when they arrive in pieces.
[[nodiscard]] std::vector<ProviderPart> decode_responses(Entropy& entropy, std::string_view bytes);

}  // namespace orchestrator::harness::sim
