// SPDX-License-Identifier: Apache-2.0
#include "event/provider_part.hpp"

#include <utility>

namespace orchestrator::harness::event {
namespace {

// True where `part` continues the last piece: same kind, same item.
template <class Piece>
bool continue_last(std::vector<ProviderPart>& parts, ProviderPart& part) {
  auto* piece = std::get_if<Piece>(&part);
  if (piece == nullptr || parts.empty()) return false;
  auto* last = std::get_if<Piece>(&parts.back());
  if (last == nullptr || last->item_id != piece->item_id) return false;
  last->text += piece->text;
  return true;
}

}  // namespace

void append_joined(std::vector<ProviderPart>& parts, ProviderPart part) {
  if (continue_last<TextPiece>(parts, part)) return;
  if (continue_last<ReasoningPiece>(parts, part)) return;
  if (continue_last<ToolArgumentsPiece>(parts, part)) return;
  parts.push_back(std::move(part));
}

}  // namespace orchestrator::harness::event
