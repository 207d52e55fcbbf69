// SPDX-License-Identifier: Apache-2.0
#pragma once

// A short cut for the chunks of a stream that are all alike: in most of them nothing differs from the one before but
// a few characters of text (and OpenAI's padding). Such a chunk needs no parsing: equal bytes mean the same.
// A value of one decoder and one thread.

#include <optional>
#include <string>
#include <string_view>

namespace orchestrator::harness::codec {

class RepeatedChunk {
 public:
  /// Remembers `data`, a chunk whose only effect was that of the string member `field` of its delta. Forgets what was
  /// there before, and remembers nothing where `data` is not written in the usual way.
  /// REQUIRES: `data` is valid JSON, and that member's value is `value`.
  void learn(std::string_view data, std::string_view field, std::string_view value);
  void forget() { field_.clear(); }
  /// The value of the member in `data`, where all else is as learned. Views `data` or `scratch`.
  [[nodiscard]] std::optional<std::string_view> read(std::string_view data, std::string& scratch) const;
  /// The learned member's name.
  [[nodiscard]] std::string_view field() const { return field_; }

 private:
  std::string field_;                 // empty: nothing is known
  std::string prefix_;                // up to the value's opening quote
  std::string between_;               // from its closing quote, to the end or to the padding's opening quote
  std::optional<std::string> after_;  // from the padding's closing quote to the end
};

}  // namespace orchestrator::harness::codec
