// SPDX-License-Identifier: Apache-2.0
#pragma once

// Decodes what the OpenAI Responses API and the hosts that copy it answer: an event stream, or a JSON body.
// Takes nothing for granted that some host leaves out: ids that change between events, items without deltas, deltas
// without items, an empty `output` at the end. A decoder belongs to one answer and one thread.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <boost/json.hpp>

#include "codec/flat_json.hpp"
#include "codec/json_document.hpp"
#include "codec/openai_responses/answer_items.hpp"
#include "codec/openai_responses/output_item.hpp"
#include "codec/openai_responses/piece_sink.hpp"
#include "codec/sse_parser.hpp"
#include "codec/stream_decoder.hpp"

namespace orchestrator::harness::codec {

/// Items carry the origin `responses`. Items are done in the order in which they began, so an item that follows
/// reasoning stands behind it in the history even where the host finishes them in another order.
class ResponsesDecoder final : public StreamDecoder {
 public:
  explicit ResponsesDecoder(DecoderLimits limits = {});

  void feed(std::string_view bytes, std::vector<event::ProviderPart>& out) override;
  void finish(std::vector<event::ProviderPart>& out) override;
  [[nodiscard]] bool done() const override { return done_; }
  [[nodiscard]] std::uint64_t skipped_events() const override { return skipped_; }

  /// A whole response object in place of a stream. REQUIRES: nothing was fed.
  void read_body(std::string_view body, std::vector<event::ProviderPart>& out);

 private:
  using Object = boost::json::object;
  using PartKind = responses::PartKind;

  enum class Tail : bool { no, yes };
  struct PartAddress {
    PartKind kind;
    responses::ItemAddress item;
    std::uint64_t index = 0;  // of the part within its item
  };

  void read_event(const SseEvent& event, Tail tail, PieceSink& out);
  bool read_flat_delta(std::string_view data, PieceSink& out);
  void read_object(std::string_view type, const Object& event, std::string_view data, PieceSink& out);
  bool read_part_event(std::string_view type, const Object& event, PieceSink& out);
  void read_item(const Object& event, std::string_view data, bool is_end, PieceSink& out);
  void append(const PartAddress& address, std::string_view delta, PieceSink& out);
  void end_part(const PartAddress& address, std::optional<std::string_view> whole, PieceSink& out);
  void end_answer(const Object* response, std::string_view response_raw, std::string_view event_status, PieceSink& out);
  void note_response(const Object& response);
  void fail_unless(const Result<void>& result, PieceSink& out);
  void fail_answer(Error error, PieceSink& out);

  DecoderLimits limits_;
  SseParser parser_;
  JsonDocument document_;
  FlatJson flat_;
  responses::AnswerItems items_;
  std::string scratch_;
  std::string model_;
  std::string response_id_;
  std::uint64_t skipped_ = 0;
  bool done_ = false;
};

/// Decodes a body that is no stream. The same parts as a stream of the same answer, `AnswerFailed` for a body that
/// holds an error or is no response.
[[nodiscard]] std::vector<event::ProviderPart> decode_responses_body(std::string_view body, DecoderLimits limits = {});

}  // namespace orchestrator::harness::codec
