// SPDX-License-Identifier: Apache-2.0
#pragma once

// The rules of an answer's text, as it streams: text in, text that may be shown out. What is held back is at most the
// greatest window of the enforcing rules; shadow rules hold nothing back. However the text is cut into pieces, what
// comes out is the same, as long as no match is longer than its rule's window. One stream, one thread.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "codec/gates/text_patterns.hpp"

namespace orchestrator::harness::codec {

/// One rule that can be judged on the way.
struct StreamRule {
  std::string name;
  GateMode mode = GateMode::shadow;
  GateAction action = GateAction::deny;
  std::optional<TextPatterns> patterns;    // either these
  std::optional<std::uint64_t> bytes_max;  // or this
};

class StreamGate {
 public:
  explicit StreamGate(std::vector<StreamRule> rules);

  /// Appends to `out` what may be shown now. After a rule has stopped the stream nothing comes any more.
  /// REQUIRES: the pieces add up to valid UTF-8; each ends with a whole character.
  void append(std::string& out, std::string_view piece);
  /// The same at the end of the text: nothing is held back any more. Called once, last.
  void finish(std::string& out);

  /// True once an enforcing rule has stopped the stream.
  [[nodiscard]] bool is_stopped() const { return is_stopped_; }
  /// How many bytes wait.
  [[nodiscard]] std::size_t held_bytes() const { return buffer_.size() - released_; }

  /// What a rule has found first, or nothing. The place is in bytes of the whole text.
  struct Finding {
    std::size_t rule = 0;  // its place in the list
    std::uint64_t at = 0;
    bool operator==(const Finding&) const = default;
  };
  /// One for each rule that has found something, in the order of the rules; none behind the place of a stop.
  [[nodiscard]] std::vector<Finding> findings() const;

 private:
  struct Cursor {
    std::size_t decided = 0;                // in the buffer: no match begins before, but those that are told
    std::optional<std::uint64_t> found_at;  // in the text
  };
  struct Redaction {
    TextSpan span;  // in the buffer
    std::size_t rule = 0;
  };

  void search(std::size_t rule, bool is_end);
  void measure(std::size_t rule);
  void found(std::size_t rule, TextSpan span);
  void release(std::string& out);
  void forget();
  [[nodiscard]] std::size_t decided_bytes() const;
  [[nodiscard]] std::uint64_t in_text(std::size_t place) const { return forgotten_ + place; }

  const std::vector<StreamRule> rules_;
  std::vector<Cursor> cursors_;
  std::string buffer_;                    // what is held back, and what the searches look at before it
  std::uint64_t forgotten_ = 0;           // bytes of the text before the buffer
  std::size_t released_ = 0;              // in the buffer: what came out, or went for a redaction
  std::vector<Redaction> redactions_;     // by their beginning
  std::optional<std::uint64_t> stop_at_;  // in the text
  bool is_stopped_ = false;
};

}  // namespace orchestrator::harness::codec
