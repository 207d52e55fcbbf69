// SPDX-License-Identifier: Apache-2.0
#include "cli/display/restored_text.hpp"

#include <utility>

#include "codec/redaction/placeholder.hpp"

namespace orchestrator::cli {

std::string RestoredText::append(std::string_view piece) {
  if (!vault_) {
    return std::string(piece);
  }
  held_ += piece;
  const std::size_t open = held_.rfind('[');
  const bool is_cut =
      open != std::string::npos && harness::codec::placeholder_front(std::string_view(held_).substr(open)).open;
  const std::size_t whole = is_cut ? open : held_.size();
  std::string shown = harness::restore(std::string_view(held_).substr(0, whole), *vault_);
  held_.erase(0, whole);
  return shown;
}

std::string RestoredText::finish() { return std::exchange(held_, {}); }

}  // namespace orchestrator::cli
