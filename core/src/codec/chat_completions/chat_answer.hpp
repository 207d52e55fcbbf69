// SPDX-License-Identifier: Apache-2.0
#pragma once

// One Chat Completions answer as it is put together from chunks, or taken from one body. Knows nothing of event
// streams. Owned by one decoder, used by one thread.

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <boost/json/object.hpp>

#include "codec/chat_completions/chat_items.hpp"
#include "codec/chat_completions/chat_tool_calls.hpp"
#include "codec/chat_completions/think_tags.hpp"
#include "codec/stream_decoder.hpp"

namespace orchestrator::harness::codec {

/// What a decoder must be told about its host.
struct ChatDecoderOptions {
  /// Take `<think>...</think>` at the beginning of the content as reasoning; else it stays text.
  bool think_tags = false;
};

class ChatAnswer {
 public:
  ChatAnswer(const ChatDecoderOptions& options, const DecoderLimits& limits)
      : limits_(limits), split_think_(options.think_tags), calls_(limits.tool_calls) {}

  /// Takes one chunk of a stream, or a whole body. False where it is none of this protocol. REQUIRES: not done.
  bool take(const boost::json::object& chunk, ProviderParts& out);
  /// The member of the delta that was all the effect of the last `take`: `content`, `reasoning_content` or `reasoning`;
  /// empty where there was another. A chunk with the same bytes but for this member's value may be given to `repeat`.
  [[nodiscard]] std::string_view plain_field() const { return plain_field_; }
  /// What `take` does with such a chunk, its `plain_field` being `text`. REQUIRES: not done.
  void repeat(std::string_view field, std::string_view text, ProviderParts& out);
  /// The proper end: `[DONE]`, the end of a stream after its finish reason, or of a body. REQUIRES: not done.
  void finish(ProviderParts& out);
  /// The improper end. REQUIRES: not done.
  void fail(Error error, ProviderParts& out);

  [[nodiscard]] bool has_finish_reason() const { return !native_reason_.empty(); }
  [[nodiscard]] bool done() const { return done_; }

 private:
  void take_usage(const boost::json::object& chunk, ProviderParts& out);
  void take_choice(const boost::json::object& choice, ProviderParts& out);
  void take_delta(const boost::json::object& delta, ProviderParts& out);
  void take_reasoning(const boost::json::object& delta, ProviderParts& out);
  void take_details(const boost::json::array& details, bool with_text, ProviderParts& out);
  void take_content(const boost::json::value& content, ProviderParts& out);
  void take_content_part(const boost::json::value& part, ProviderParts& out);
  void take_tool_calls(const boost::json::object& delta, ProviderParts& out);
  void take_others(const boost::json::object& delta);

  void add_text(std::string_view text, ProviderParts& out);
  void add_answer_text(std::string_view text, ProviderParts& out);
  void add_reasoning(std::string_view text, std::string_view field, ProviderParts& out);
  void add_other(std::string_view native_type, const boost::json::value& value);
  void give_think_pieces(ProviderParts& out);
  void give_held_text(ProviderParts& out);
  template <class Form>
  std::size_t current_of(ProviderParts& out);
  void close_current(ProviderParts& out);
  void end_chunk(ProviderParts& out);
  [[nodiscard]] FinishReason normal_reason() const;

  DecoderLimits limits_;
  bool split_think_;
  ThinkTags think_;
  std::vector<ThinkTags::Piece> think_pieces_;
  ChatItems items_;
  ChatToolCalls calls_;
  std::optional<std::size_t> current_;    // the text, reasoning or refusal that is being written
  std::optional<std::size_t> reasoning_;  // the reasoning that was written last
  std::map<std::string, std::size_t, std::less<>> others_;
  std::optional<Usage> usage_;
  std::string service_tier_;
  std::string response_id_;
  std::string model_;
  std::string native_reason_;
  std::string_view plain_field_;  // of static lifetime
  std::uint64_t chunk_ = 0;
  std::size_t kept_values_ = 0;  // JSON values of the host's own that the items hold, those replaced included
  bool choice_seen_ = false;
  bool refused_ = false;
  bool done_ = false;
};

}  // namespace orchestrator::harness::codec
