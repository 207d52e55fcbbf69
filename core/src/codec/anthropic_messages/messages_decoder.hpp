// SPDX-License-Identifier: Apache-2.0
#pragma once

// Decodes what the Anthropic Messages API and gateways before it answer: an event stream, or a JSON body. A decoder
// belongs to one answer and one thread. Protocol: https://docs.anthropic.com/en/api/messages-streaming

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <boost/json.hpp>

#include "codec/anthropic_messages/answer_blocks.hpp"
#include "codec/anthropic_messages/message_usage.hpp"
#include "codec/json_document.hpp"
#include "codec/sse_parser.hpp"
#include "codec/stream_decoder.hpp"

namespace orchestrator::harness::codec {

/// Items carry the origin `messages`. An answer ends with `message_stop`, or with `[DONE]` once a stop reason came. A
/// second `message_start` with the same id is ignored; one with another id before anything was given out begins anew,
/// and later fails with `provider_stream_error`, because what was given out cannot be taken back.
class MessagesDecoder final : public StreamDecoder {
 public:
  explicit MessagesDecoder(DecoderLimits limits = {});

  void feed(std::string_view bytes, std::vector<event::ProviderPart>& out) override;
  void finish(std::vector<event::ProviderPart>& out) override;
  [[nodiscard]] bool done() const override { return done_; }
  [[nodiscard]] std::uint64_t skipped_events() const override { return skipped_; }

  /// A whole message object in place of a stream. REQUIRES: nothing was fed.
  void read_body(std::string_view body, std::vector<event::ProviderPart>& out);

 private:
  using Object = boost::json::object;
  enum class Tail : bool { no, yes };

  void read_event(const SseEvent& event, Tail tail, PieceSink& out);
  void read_object(std::string_view type, const Object& event, std::string_view data, PieceSink& out);
  void start_message(const Object& message, PieceSink& out);
  void start_block(const Object& event, std::string_view data, PieceSink& out);
  void add_delta(const Object& event, std::string_view data, PieceSink& out);
  void note_end(const Object& delta);
  void note_usage(const Object& holder);
  void end_answer(PieceSink& out);
  void fail_answer(Error error, PieceSink& out);

  DecoderLimits limits_;
  SseParser parser_;
  JsonDocument document_;
  messages::AnswerBlocks blocks_;
  messages::MessageUsage usage_;
  std::string model_;
  std::string message_id_;
  std::string stop_reason_;
  std::uint64_t skipped_ = 0;
  bool has_started_ = false;
  bool done_ = false;
};

/// Decodes a body that is no stream. The same parts as a stream of the same answer, `AnswerFailed` for a body that
/// holds an error or is no message.
[[nodiscard]] std::vector<event::ProviderPart> decode_messages_body(std::string_view body, DecoderLimits limits = {});

}  // namespace orchestrator::harness::codec
