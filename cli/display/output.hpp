// SPDX-License-Identifier: Apache-2.0
#pragma once

// Standard output, with every failure seen. A reader that went away (EPIPE) is no error: what follows is dropped.
// Any other failure is kept, what follows is dropped, and the program ends with it. For one thread. SIGPIPE must be
// ignored.

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace orchestrator::cli {

class Output {
 public:
  explicit Output(int descriptor) : descriptor_(descriptor) {}
  Output(const Output&) = delete;
  Output& operator=(const Output&) = delete;

  /// Appends to the buffer; writes it out once it is large.
  void write(std::string_view text);
  /// Writes the buffer out; may block as long as the reader reads nothing.
  void flush();

  /// True once nobody reads any more.
  [[nodiscard]] bool is_closed() const { return closed_; }
  /// Why nothing can be written, such as "No space left on device"; the number is that of errno.
  [[nodiscard]] std::optional<int> error() const { return error_; }
  /// False while the last byte written is not a line end.
  [[nodiscard]] bool at_line_start() const { return at_line_start_; }

 private:
  int descriptor_;
  std::string buffer_;
  bool closed_ = false;
  bool at_line_start_ = true;
  std::optional<int> error_;
};

}  // namespace orchestrator::cli
