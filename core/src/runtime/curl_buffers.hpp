// SPDX-License-Identifier: Apache-2.0
#pragma once

// Spare memory for bodies, shared by all streams of a client: a stream that waits holds none, and
// the buffer that was emptied last, still warm in the cache, is filled next.
// Bounded; one thread.

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

namespace orchestrator::harness::runtime {

class CurlBuffers {
 public:
  /// An empty text, with memory where some was spare.
  [[nodiscard]] std::string take() {
    if (spare_.empty()) return {};
    std::string buffer = std::move(spare_.back());
    spare_.pop_back();
    return buffer;
  }

  /// Takes the memory of `buffer`, which is empty afterwards; frees it beyond the bounds.
  void give_back(std::string& buffer) {
    std::string taken = std::move(buffer);
    buffer = std::string();
    taken.clear();
    const bool is_worth_it = taken.capacity() >= kBytesMin && taken.capacity() <= kBytesMax;
    if (is_worth_it && spare_.size() < kBuffersMax) spare_.push_back(std::move(taken));
  }

 private:
  static constexpr std::size_t kBuffersMax = 16;
  static constexpr std::size_t kBytesMin = 256;
  static constexpr std::size_t kBytesMax = std::size_t{1} << 20;

  std::vector<std::string> spare_;
};

}  // namespace orchestrator::harness::runtime
