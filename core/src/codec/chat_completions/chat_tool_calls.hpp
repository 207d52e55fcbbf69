// SPDX-License-Identifier: Apache-2.0
#pragma once

// Which tool call a piece belongs to. Hosts disagree on the key: `index` counts from anywhere, is missing, or is the
// same for all calls; ids are repeated, empty, or missing; some hosts send whole calls. Used by one answer, one thread.

#include <cstddef>
#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <boost/json/object.hpp>

#include "codec/chat_completions/chat_items.hpp"

namespace orchestrator::harness::codec {

/// One element of `tool_calls`, read leniently.
struct ToolCallPiece {
  std::optional<std::int64_t> index;
  std::string id;
  std::string name;
  std::string arguments;  // as text, also where the host sends an object; null is no text
  bool custom = false;
  boost::json::object extra;  // members that are not part of the protocol
};
[[nodiscard]] ToolCallPiece read_tool_call_piece(const boost::json::object& object);

class ChatToolCalls {
 public:
  explicit ChatToolCalls(std::uint32_t calls_max) : calls_max_(calls_max) {}
  /// Puts the piece of chunk number `chunk` where it belongs, opening a call where it begins one. An error:
  /// `provider_bad_tool_delta` for a piece that belongs to no call, `too_many_tool_calls` beyond the limit.
  [[nodiscard]] Result<void> take(const ToolCallPiece& piece, std::uint64_t chunk, ChatItems& items,
                                  ProviderParts& out);
  /// Positions of all calls in `ChatItems`, in order.
  [[nodiscard]] const std::vector<std::size_t>& positions() const { return positions_; }

 private:
  // The call that the piece goes on with, or nothing where it begins one.
  [[nodiscard]] std::optional<std::size_t> find(const ToolCallPiece& piece, std::uint64_t chunk,
                                                ChatItems& items) const;
  [[nodiscard]] std::optional<std::size_t> find_by_index(const ToolCallPiece& piece, ChatItems& items) const;
  [[nodiscard]] std::optional<std::size_t> find_by_id(std::string_view id, ChatItems& items) const;

  std::uint32_t calls_max_;
  std::vector<std::size_t> positions_;
};

}  // namespace orchestrator::harness::codec
