// SPDX-License-Identifier: Apache-2.0
#pragma once

// The one interface of every provider's stream decoder: body bytes in, provider parts out.
// A decoder is a pure transducer for one answer, used by one thread, and bounded by `DecoderLimits`.

#include <cstdint>
#include <string_view>
#include <vector>

#include "event/provider_part.hpp"

namespace orchestrator::harness::codec {

/// Bounds on one answer; the defaults are those of `Limits`.
struct DecoderLimits {
  std::uint64_t stream_bytes = 32ULL << 20;
  std::uint32_t items = 1'000;
  std::uint32_t tool_calls = 64;
  std::uint32_t json_depth = 128;
};

/// REQUIRES: `feed` in arrival order, `finish` once at the end of the body. After `AnswerFinished` or `AnswerFailed`
/// was produced, whatever follows is ignored and only counted. Any division of the same bytes gives the same parts
/// once neighbouring pieces are joined.
class StreamDecoder {
 public:
  virtual ~StreamDecoder() = default;
  /// Appends what `bytes` completed to `out`. `bytes` need not outlive the call.
  virtual void feed(std::string_view bytes, std::vector<event::ProviderPart>& out) = 0;
  /// The body ended. Appends the last parts; an answer without a terminal provider event ends with
  /// `AnswerFailed{provider_stream_truncated}`.
  virtual void finish(std::vector<event::ProviderPart>& out) = 0;
  /// True once `AnswerFinished` or `AnswerFailed` was produced.
  [[nodiscard]] virtual bool done() const = 0;
  /// Stream events that were skipped as unknown, or that came after the end.
  [[nodiscard]] virtual std::uint64_t skipped_events() const = 0;
};

}  // namespace orchestrator::harness::codec
