// SPDX-License-Identifier: Apache-2.0
#pragma once

// How far an evaluation is, as one line on a terminal that is written over and over. Nothing is written where stderr is
// no terminal. Used by one thread at a time.

#include <string>

#include "cli/display/terminal.hpp"
#include "orchestrator/harness/evals.hpp"

namespace orchestrator::cli {

class EvalProgressLine {
 public:
  EvalProgressLine(int descriptor, const Terminal& terminal);
  /// Shows this in place of what was shown.
  void show(const harness::EvalProgress& progress);
  /// Takes the line away.
  void clear();
  /// `[######----] 12/20  8 passed  1 failed  $0.001200`, at most `columns` characters.
  [[nodiscard]] static std::string text_of(const harness::EvalProgress& progress, std::size_t columns);

 private:
  void put(const std::string& text) const;
  int descriptor_;
  bool is_shown_;
  std::size_t columns_;
};

}  // namespace orchestrator::cli
