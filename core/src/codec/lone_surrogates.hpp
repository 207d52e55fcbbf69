// SPDX-License-Identifier: Apache-2.0
#pragma once

// Halves of UTF-16 surrogate pairs. Providers cut texts into deltas between the two escapes of one character, so a
// delta may end with `\ud83d` and the next begin with `\ude00`. `JsonDocument` gives such halves as three bytes in
// the manner of WTF-8 (ED A0..BF 80..BF, which valid UTF-8 never holds); a joiner puts them together again.

#include <string>
#include <string_view>

#include "codec/json_document.hpp"

namespace orchestrator::harness::codec {

/// JSON text with every escaped half without partner replaced: by `\ufffd`, or by its three bytes.
[[nodiscard]] std::string rewrite_lone_surrogates(std::string_view json_text, LoneSurrogates surrogates);

/// Joins the pieces of one text. A value, one for each text; used by one thread.
class SurrogateJoiner {
 public:
  /// `piece` with what was held back in front; a high half at its end is held back, a pair that was cut becomes its
  /// character, and a half that can find no partner U+FFFD. Returns `piece` itself where none is in it, else a view
  /// of `scratch`.
  std::string_view join(std::string_view piece, std::string& scratch);
  /// What is still held back at the end of the text: U+FFFD or nothing.
  std::string_view finish();
  [[nodiscard]] bool is_holding() const { return high_ != 0; }

 private:
  char32_t high_ = 0;  // U+D800 to U+DBFF, or 0
};

}  // namespace orchestrator::harness::codec
