// SPDX-License-Identifier: Apache-2.0
#pragma once

// Builds the head of an answer out of its lines, as the transport hands them over one by one, and
// holds it to the limits. Skips informational (1xx) heads, which count towards the limits.
// No I/O; one thread at a time.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "runtime/http_client.hpp"

namespace orchestrator::harness::runtime {

class HttpHeadReader {
 public:
  enum class Outcome : std::uint8_t {
    more,       // lines are missing
    complete,   // the final head is there; later lines are trailers and are ignored
    too_large,  // a limit was passed
    broken      // not HTTP, or a transfer coding that was not asked for
  };

  explicit HttpHeadReader(const HttpLimits& limits) : limits_(limits) {}

  /// One line with its line end: a status line, a header, or the empty line that ends a head.
  Outcome feed(std::string_view line);

  /// After `complete`: the head without its times.
  [[nodiscard]] const HttpResponseHead& head() const { return head_; }
  /// After `complete`: the body comes in chunked transfer coding.
  [[nodiscard]] bool is_chunked() const { return is_chunked_; }
  /// What was wrong, after `broken` or `too_large`.
  [[nodiscard]] const std::string& problem() const { return problem_; }
  [[nodiscard]] bool is_complete() const { return is_complete_; }

 private:
  Outcome start_head(std::string_view line);
  Outcome end_head();
  Outcome add_header(std::string_view line);
  Outcome fail(Outcome outcome, std::string problem);

  HttpLimits limits_;
  HttpResponseHead head_;
  std::size_t bytes_ = 0;
  std::size_t count_ = 0;
  bool has_status_ = false;
  bool is_complete_ = false;
  bool is_chunked_ = false;
  std::string problem_;
};

}  // namespace orchestrator::harness::runtime
