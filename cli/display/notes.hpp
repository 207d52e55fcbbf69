// SPDX-License-Identifier: Apache-2.0
#pragma once

// What the program says about itself, on stderr: notes, errors, and the model's reasoning while a person looks on.
// Failures of stderr are ignored. For one thread, except `note_from_any_thread`.

#include <string>
#include <string_view>

#include "cli/display/terminal.hpp"

namespace orchestrator::cli {

class Notes {
 public:
  Notes(int descriptor, const Terminal& terminal) : descriptor_(descriptor), colour_(terminal.err_colour) {}

  /// One line, dim where there is colour. The text is made safe and kept on one line.
  void note(std::string_view text);
  /// `orchestrator: TEXT`, the one line of a failure.
  void error(std::string_view text);
  /// A piece of running text, dim where there is colour. REQUIRES: filtered.
  void running_text(std::string_view text);
  /// Text of several lines, plain, all of it. REQUIRES: escaped.
  void block(std::string_view text);
  /// Ends the line of running text, if one is open.
  void end_line();

  /// A line from any thread, whole, at once; for signal handling on the harness's thread.
  void note_from_any_thread(std::string_view text) const;

 private:
  void put(std::string_view text) const;
  int descriptor_;
  bool colour_;
  bool line_open_ = false;
};

}  // namespace orchestrator::cli
