// SPDX-License-Identifier: Apache-2.0
#pragma once

// The content blocks of one Messages answer while it comes in: text, thinking, tool calls, and what has no common form
// and is kept verbatim. Gives out pieces as they come, and whole items as blocks end. A value of one thread; part of
// the decoder.

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <boost/json.hpp>

#include "codec/lone_surrogates.hpp"
#include "codec/openai_responses/piece_sink.hpp"
#include "codec/stream_decoder.hpp"

namespace orchestrator::harness::codec::messages {

/// Items carry this origin.
inline constexpr std::string_view kOrigin = "messages";

class AnswerBlocks {
 public:
  explicit AnswerBlocks(const DecoderLimits& limits) : limits_(limits) {}

  /// A block begins; `raw` is its text. A block that is open under the same index ends first.
  /// Errors: `provider_response_too_large`, `too_many_tool_calls`.
  [[nodiscard]] Result<void> start(std::uint64_t index, const boost::json::object& block, std::string_view raw,
                                   PieceSink& out);
  /// A delta of the block; `raw` is its text. False where the block or the delta's type is not known.
  /// Error: `provider_response_too_large`.
  [[nodiscard]] Result<bool> add(std::uint64_t index, const boost::json::object& delta, std::string_view raw,
                                 PieceSink& out);
  /// The block is complete; one that is not open is ignored.
  void stop(std::uint64_t index, PieceSink& out);
  /// All that are open are complete.
  void stop_all(PieceSink& out);

  [[nodiscard]] bool empty() const { return started_ == 0; }

 private:
  enum class Kind : std::uint8_t { text, thinking, call, other };
  struct Block {
    Kind kind = Kind::other;
    std::string item_id;
    std::string text;       // of a call its arguments; of others the JSON that comes in pieces
    std::string start;      // the block as it began
    std::string signature;  // of thinking
    std::string citations;  // of text: elements of a list
    std::string content;    // of others: text that comes in pieces
    std::string call_id;
    std::string name;
    SurrogateJoiner joiner = {};
  };

  void append(Block& block, std::string_view text, PieceSink& out);
  void give_piece(const Block& block, std::string_view text, PieceSink& out);
  [[nodiscard]] static ConversationItem whole_item(Block& block);

  DecoderLimits limits_;
  std::map<std::uint64_t, Block> open_;
  std::string scratch_;
  std::uint32_t started_ = 0;
  std::uint32_t calls_ = 0;
  std::uint64_t citations_ = 0;
};

}  // namespace orchestrator::harness::codec::messages
