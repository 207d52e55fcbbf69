// SPDX-License-Identifier: Apache-2.0
#pragma once

// What a model or a file wrote, made safe for a terminal: escape sequences (CSI, OSC, DCS and their C1 forms) and
// control characters but line end and tab are left out. The journal keeps the text as it was. A filter serves one
// stream of text, cut anywhere, on one thread; it holds no text back longer than one unfinished sequence.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace orchestrator::harness::codec {

class TextFilter {
 public:
  /// Appends what may be shown of `text` to `out`. REQUIRES: the whole stream is UTF-8, its pieces need not be.
  void append(std::string& out, std::string_view text);

 private:
  enum class State : std::uint8_t { text, c2, escape, csi, string, string_c2, string_escape };

  void take(std::string& out, char byte);
  void take_text(std::string& out, char byte);
  void take_c2(std::string& out, char byte);
  void take_escape(std::string& out, char byte);
  void take_csi(std::string& out, char byte);
  void take_string(std::string& out, char byte);

  State state_ = State::text;
  std::size_t sequence_bytes_ = 0;
};

/// The greatest length up to `bytes_max` that cuts no character of `text` in two.
[[nodiscard]] std::size_t whole_characters(std::string_view text, std::size_t bytes_max);

/// All of `text` on one line: filtered, line ends and tabs as spaces, cut to `bytes_max` bytes with `...` at the end.
[[nodiscard]] std::string one_line(std::string_view text, std::size_t bytes_max = 1'000);

/// All of `text`, filtered.
[[nodiscard]] std::string shown_text(std::string_view text);

}  // namespace orchestrator::harness::codec
