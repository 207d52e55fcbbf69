// SPDX-License-Identifier: Apache-2.0
#pragma once

// Chat Completions answers of OpenAI, Azure and everything compatible, as provider parts: the event stream by
// `ChatDecoder`, a body that is one JSON object by `decode_chat_body`. What hosts do differently is settled here, so
// that nothing above knows them apart. A decoder belongs to one answer and one thread.

#include <cstdint>
#include <string_view>
#include <vector>

#include "codec/chat_completions/chat_answer.hpp"
#include "codec/chat_completions/repeated_chunk.hpp"
#include "codec/json_document.hpp"
#include "codec/sse_parser.hpp"
#include "codec/stream_decoder.hpp"

namespace orchestrator::harness::codec {

/// An answer ends properly with `[DONE]`, or at the end of the body where a finish reason came. A finish reason that
/// is missing before `[DONE]` gives `FinishReason::other` with an empty native word. Items of a call come out when the
/// answer ends, also those that a length limit cut.
class ChatDecoder final : public StreamDecoder {
 public:
  explicit ChatDecoder(ChatDecoderOptions options = {}, DecoderLimits limits = {});
  void feed(std::string_view bytes, std::vector<event::ProviderPart>& out) override;
  void finish(std::vector<event::ProviderPart>& out) override;
  [[nodiscard]] bool done() const override { return answer_.done(); }
  [[nodiscard]] std::uint64_t skipped_events() const override { return skipped_; }

 private:
  void take_event(const SseEvent& event, std::vector<event::ProviderPart>& out);
  void take_chunk(std::string_view data, bool is_message, std::vector<event::ProviderPart>& out);
  void take_error_event(std::string_view data, std::vector<event::ProviderPart>& out);
  void learn(std::string_view data, const boost::json::value& value);
  void take_value(const boost::json::value& value, std::vector<event::ProviderPart>& out);

  DecoderLimits limits_;
  SseParser parser_;
  JsonDocument document_;
  ChatAnswer answer_;
  RepeatedChunk repeated_;
  std::string scratch_;
  std::uint64_t skipped_ = 0;
};

/// The parts of a whole body (a request without `stream`, or a host that ignores it). Ends with `AnswerFinished` or
/// `AnswerFailed`, like a stream.
[[nodiscard]] std::vector<event::ProviderPart> decode_chat_body(std::string_view body, ChatDecoderOptions options = {},
                                                                DecoderLimits limits = {});

}  // namespace orchestrator::harness::codec
