// SPDX-License-Identifier: Apache-2.0
#pragma once

// The parts of one Gemini answer while it comes in. Neighbouring pieces of text, or of thought, are one item, but a
// part with a signature is an item of its own, because the signature must come back on the very same part. A value of
// one thread; part of the decoder.

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include <boost/json.hpp>

#include "codec/google_gemini/partial_arguments.hpp"
#include "codec/lone_surrogates.hpp"
#include "codec/openai_responses/piece_sink.hpp"
#include "codec/stream_decoder.hpp"

namespace orchestrator::harness::codec::gemini {

/// Items carry this origin.
inline constexpr std::string_view kOrigin = "gemini";

class AnswerParts {
 public:
  explicit AnswerParts(const DecoderLimits& limits) : limits_(limits) {}

  /// A part; `raw` is its text. Errors: `provider_response_too_large`, `too_many_tool_calls`,
  /// `provider_bad_tool_delta`.
  [[nodiscard]] Result<void> take(const boost::json::object& part, std::string_view raw, std::string_view response_id,
                                  PieceSink& out);
  /// What stands beside the parts, such as grounding: the last one of each name is kept.
  void take_metadata(std::string_view name, std::string_view raw);
  /// Nothing more comes: ends the open item and gives the metadata. Errors like `take`.
  [[nodiscard]] Result<void> finish(std::string_view response_id, PieceSink& out);

  [[nodiscard]] bool has_calls() const { return calls_ > 0; }

 private:
  struct Text {
    std::string item_id;
    std::string text;
    bool is_thought = false;
    SurrogateJoiner joiner = {};
  };
  struct Call {
    std::string name;
    std::string id;
    std::string signature;  // as JSON
    PartialArguments arguments;
  };

  [[nodiscard]] Result<std::string> next_item();
  [[nodiscard]] Result<void> take_text(const boost::json::object& part, std::string_view raw, PieceSink& out);
  [[nodiscard]] Result<void> take_call(const boost::json::object& part, std::string_view raw,
                                       std::string_view response_id, PieceSink& out);
  [[nodiscard]] Result<void> give_call(const Call& call, std::string arguments, std::string_view response_id,
                                       PieceSink& out);
  void append(std::string_view text, PieceSink& out);
  void give_piece(std::string_view text, PieceSink& out);
  void end_text(std::string_view signature, PieceSink& out);

  DecoderLimits limits_;
  std::optional<Text> text_;  // the open text or thought
  std::optional<Call> call_;  // a call whose arguments come in pieces
  std::map<std::string, std::string, std::less<>> metadata_;
  std::vector<std::string> metadata_order_;
  std::string scratch_;
  std::uint32_t items_ = 0;
  std::uint32_t calls_ = 0;
};

}  // namespace orchestrator::harness::codec::gemini
