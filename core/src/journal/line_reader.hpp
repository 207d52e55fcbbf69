// SPDX-License-Identifier: Apache-2.0
#pragma once

// The lines of a file in order, read in large pieces by position, so that readers share nothing. One thread; the file
// stays open as long as the reader.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace orchestrator::harness::journal {

struct RawLine {
  std::string_view bytes;    // without its end; valid until the next call
  std::uint64_t offset = 0;  // where it starts
  bool is_ended = false;     // false for text at the end of the file that no line end follows
};

class LineReader final {
 public:
  /// Reads from `offset` to `end`, both in bytes of the file; text after `end` is not seen.
  LineReader(int fd, std::uint64_t offset, std::uint64_t end);

  /// The next line; nothing at the end, or when reading fails: then `failed()` is the errno.
  std::optional<RawLine> next();
  [[nodiscard]] int failed() const { return failed_; }

 private:
  bool fill();

  int fd_;
  std::uint64_t read_at_;  // of the next piece
  std::uint64_t end_;
  std::string buffer_;     // grows to the longest line
  std::size_t begin_ = 0;  // of what is not handed out yet
  std::size_t size_ = 0;   // of what is read
  int failed_ = 0;
};

/// Where the first line that begins after `offset` starts, or nothing when none ends a line between `offset` and `end`.
[[nodiscard]] std::optional<std::uint64_t> next_line_start(int fd, std::uint64_t offset, std::uint64_t end);

}  // namespace orchestrator::harness::journal
