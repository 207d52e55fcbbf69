// SPDX-License-Identifier: Apache-2.0
#pragma once

// Where a decoder puts its parts during one feed: joins a piece with the one before it, if this feed made that.
// Refers to the caller's list, and so lives no longer than one call. Used by one thread.

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "event/provider_part.hpp"

namespace orchestrator::harness::codec {

class PieceSink {
 public:
  explicit PieceSink(std::vector<event::ProviderPart>& parts) : parts_(parts), start_(parts.size()) {}

  /// Appends a `TextPiece`, `ReasoningPiece` or `ToolArgumentsPiece`; an empty text is dropped.
  template <class Piece>
  void piece(const std::string& item_id, std::string_view text) {
    if (text.empty()) return;
    if (parts_.size() > start_) {
      auto* last = std::get_if<Piece>(&parts_.back());
      if (last != nullptr && last->item_id == item_id) {
        last->text += text;
        return;
      }
    }
    parts_.emplace_back(Piece{item_id, std::string(text)});
  }

  void part(event::ProviderPart part) { parts_.push_back(std::move(part)); }

 private:
  std::vector<event::ProviderPart>& parts_;
  std::size_t start_;
};

}  // namespace orchestrator::harness::codec
