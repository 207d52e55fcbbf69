// SPDX-License-Identifier: Apache-2.0
#pragma once

// Lines that a person types, or a pipe brings, one at a time, until a second descriptor wakes the reader. Blocking,
// for one thread.

#include <cstdint>
#include <string>

namespace orchestrator::cli {

class LineInput {
 public:
  enum class Outcome : std::uint8_t { line, end, interrupted, too_long };

  /// Reads from `descriptor`; `wake_descriptor` becoming readable interrupts. Neither is owned.
  LineInput(int descriptor, int wake_descriptor) : descriptor_(descriptor), wake_descriptor_(wake_descriptor) {}

  /// The next line without its end in `line`. `too_long`: more than 1 MiB came without a line end, and was dropped.
  Outcome next(std::string& line);

 private:
  int descriptor_;
  int wake_descriptor_;
  std::string buffer_;
  bool ended_ = false;
};

}  // namespace orchestrator::cli
