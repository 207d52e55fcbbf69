// SPDX-License-Identifier: Apache-2.0
#pragma once

// Decodes what Gemini's generateContent answers, at the Gemini API and on Vertex: an event stream, one JSON object, or
// one JSON array of what the events would hold. A decoder belongs to one answer and one thread.
// Protocol: https://ai.google.dev/api/generate-content

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <boost/json.hpp>

#include "codec/google_gemini/answer_parts.hpp"
#include "codec/json_document.hpp"
#include "codec/sse_parser.hpp"
#include "codec/stream_decoder.hpp"

namespace orchestrator::harness::codec {

/// Items carry the origin `gemini`. The wire has no event for the end: an answer has ended where the body does, if a
/// finish reason or the reason why the prompt was blocked had come. Of several candidates the first is read.
class GeminiDecoder final : public StreamDecoder {
 public:
  explicit GeminiDecoder(DecoderLimits limits = {});

  void feed(std::string_view bytes, std::vector<event::ProviderPart>& out) override;
  void finish(std::vector<event::ProviderPart>& out) override;
  [[nodiscard]] bool done() const override { return done_; }
  [[nodiscard]] std::uint64_t skipped_events() const override { return skipped_; }

  /// A whole response object, or an array of them, in place of a stream. REQUIRES: nothing was fed.
  void read_body(std::string_view body, std::vector<event::ProviderPart>& out);

 private:
  using Object = boost::json::object;
  enum class Tail : bool { no, yes };

  void read_event(const SseEvent& event, Tail tail, PieceSink& out);
  void read_chunk(const Object& chunk, std::string_view data, PieceSink& out);
  void read_candidate(const Object& candidate, std::string_view raw, PieceSink& out);
  void give_usage(PieceSink& out);
  void note_usage(const Object& chunk);
  void end_answer(PieceSink& out);
  void fail_answer(Error error, PieceSink& out);

  DecoderLimits limits_;
  SseParser parser_;
  JsonDocument document_;
  gemini::AnswerParts parts_;
  std::optional<Usage> usage_;
  bool has_searched_ = false;  // by the provider, which charges for it
  std::string model_;
  std::string response_id_;
  std::string finish_reason_;
  std::string block_reason_;
  std::uint64_t skipped_ = 0;
  bool done_ = false;
};

/// Decodes a body that is no stream. The same parts as a stream of the same answer, `AnswerFailed` for a body that
/// holds an error or is no response.
[[nodiscard]] std::vector<event::ProviderPart> decode_gemini_body(std::string_view body, DecoderLimits limits = {});

}  // namespace orchestrator::harness::codec
