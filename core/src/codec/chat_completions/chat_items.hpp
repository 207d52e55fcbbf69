// SPDX-License-Identifier: Apache-2.0
#pragma once

// The items of one Chat Completions answer while it comes in: text, reasoning, refusal, tool calls, and what has no
// common form. Gives out pieces as they come, and whole items in the order in which they appeared.
// Owned by one answer, used by one thread.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include "codec/lone_surrogates.hpp"
#include "event/provider_part.hpp"

namespace orchestrator::harness::codec {

using ProviderParts = std::vector<event::ProviderPart>;

/// `text` as valid UTF-8: halves of surrogate pairs joined, or replaced by U+FFFD.
[[nodiscard]] std::string without_lone_surrogates(std::string_view text);

struct ChatText {};
struct ChatRefusal {};
struct ChatReasoning {
  std::string text_field;      // the field in which the host sends it, hence where it wants it back
  boost::json::array details;  // OpenRouter's `reasoning_details`, pieces of one entry merged
};
struct ChatCall {
  std::optional<std::int64_t> index;  // the host's key
  std::string native_id;
  std::string name;
  bool custom = false;
  std::uint64_t chunk = 0;    // number of the last chunk with a piece of it
  boost::json::object extra;  // members of the host's own, such as thought signatures
};
struct ChatOther {
  std::string native_type;
  boost::json::array values;
};

struct ChatItem {
  std::string item_id;
  std::string text;  // of a call: its arguments
  std::variant<ChatText, ChatRefusal, ChatReasoning, ChatCall, ChatOther> form;
  SurrogateJoiner joiner = {};
  bool closed = false;
};

class ChatItems {
 public:
  /// A new item at the end, and its position. Positions stay valid; references do not outlive the next `open`.
  std::size_t open(decltype(ChatItem::form) form);
  [[nodiscard]] ChatItem& at(std::size_t position) { return items_[position]; }
  [[nodiscard]] const std::vector<ChatItem>& all() const { return items_; }
  /// Appends to an open item's text, and the piece to `out`.
  void append(std::size_t position, std::string_view text, ProviderParts& out);
  /// Nothing more comes for the item. Appends what had been held back.
  void close(std::size_t position, ProviderParts& out);
  /// Appends each whole item that no unfinished one stands before. Calls get their ids here: those of the host, but
  /// where one is missing or used twice, a local one made from `response_id`.
  void give_finished(std::string_view response_id, ProviderParts& out);
  /// True where the item was given out as a whole.
  [[nodiscard]] bool is_given(std::size_t position) const { return position < given_; }

 private:
  void give_piece(const ChatItem& item, std::string_view text, ProviderParts& out) const;
  [[nodiscard]] ConversationItem whole_item(std::size_t position, std::string_view response_id) const;
  [[nodiscard]] ToolCallItem whole_call(std::size_t position, std::string_view response_id) const;

  std::vector<ChatItem> items_;
  std::size_t given_ = 0;
  std::string scratch_;
};

}  // namespace orchestrator::harness::codec
