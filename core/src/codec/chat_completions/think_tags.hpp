// SPDX-License-Identifier: Apache-2.0
#pragma once

// Splits text that begins with `<think>...</think>` into reasoning and answer, at any division of the text alike.
// For servers that leave the tags of the model's own template in the content. A value of one thread.

#include <string>
#include <string_view>
#include <vector>

namespace orchestrator::harness::codec {

class ThinkTags {
 public:
  struct Piece {
    bool reasoning = false;
    std::string text;
    bool operator==(const Piece&) const = default;
  };

  /// Appends what `text` decides. At most the length of a tag, and white space before the first one, is held back.
  void feed(std::string_view text, std::vector<Piece>& out);
  /// Appends what is held back.
  void finish(std::vector<Piece>& out);

 private:
  enum class Where { before, inside, after_tag, answer };

  bool step(std::vector<Piece>& out);
  void give(std::size_t length, std::vector<Piece>& out);

  Where where_ = Where::before;
  std::string held_;
};

}  // namespace orchestrator::harness::codec
