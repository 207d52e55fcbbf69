// SPDX-License-Identifier: Apache-2.0
#pragma once

// What is kept of one stream of a process's output: its first and last bytes for the model, the whole for a blob up to
// a bound, and a count of all of it. Memory stays below the bounds however much is written. One thread.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace orchestrator::harness::tools {

struct OutputBounds {
  std::size_t head_bytes = std::size_t{24} << 10;
  std::size_t tail_bytes = std::size_t{24} << 10;
  std::size_t kept_bytes = std::size_t{16} << 20;  // at least head and tail together
};

class OutputCapture final {
 public:
  explicit OutputCapture(OutputBounds bounds = {}) : bounds_(bounds) {}

  void push(std::string_view bytes);

  /// All bytes that were written.
  [[nodiscard]] std::uint64_t total_bytes() const { return total_bytes_; }
  /// The first `kept_bytes` of them. Valid until the next `push`.
  [[nodiscard]] std::string_view kept() const { return kept_; }
  /// True where head and tail together are less than what was written.
  [[nodiscard]] bool is_cut() const { return total_bytes_ > bounds_.head_bytes + bounds_.tail_bytes; }
  /// The first bytes; all of them where the output is not cut. Valid until the next `push`.
  [[nodiscard]] std::string_view head() const;
  /// The last bytes of an output that is cut, else nothing.
  [[nodiscard]] std::string_view tail() const;
  /// Bytes between head and tail.
  [[nodiscard]] std::uint64_t left_out_bytes() const;

 private:
  OutputBounds bounds_;
  std::uint64_t total_bytes_ = 0;
  std::string kept_;
  std::string tail_;  // at most twice `tail_bytes`, so that it is moved rarely
};

}  // namespace orchestrator::harness::tools
