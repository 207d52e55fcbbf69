// SPDX-License-Identifier: Apache-2.0
#pragma once

// Takes the HTTP/1.1 chunked transfer coding off a body, strictly: what other parsers guess about
// (signs, `0x`, bare LF, sizes beyond 2^60) is broken framing here. Bytes in, bytes out, no I/O.
// A plain value; one thread at a time.

#include <cstdint>
#include <string>
#include <string_view>

namespace orchestrator::harness::runtime {

class HttpChunkDecoder {
 public:
  /// Appends the payload inside `raw` to `out`. False: the framing is broken, now and for ever.
  /// `raw` may be cut anywhere. Bytes after the last chunk are dropped.
  [[nodiscard]] bool decode(std::string_view raw, std::string& out);

  /// The last chunk and its trailers have been seen.
  [[nodiscard]] bool finished() const { return state_ == State::finished; }

  /// Bytes came after the end, so the connection is not fit for another answer.
  [[nodiscard]] bool has_extra() const { return has_extra_; }

 private:
  enum class State : std::uint8_t {
    size,
    extension,
    size_lf,
    payload,
    payload_cr,
    payload_lf,
    trailer_start,
    trailer,
    trailer_lf,
    end_lf,
    finished,
    broken
  };

  const char* skip_plain_framing(const char* at, const char* end);
  bool step(char c);
  bool count_overhead();

  State state_ = State::size;
  bool has_extra_ = false;
  std::uint8_t digits_ = 0;
  std::uint64_t left_ = 0;            // bytes of the present chunk
  std::uint32_t overhead_bytes_ = 0;  // of one extension, or of all trailers
};

}  // namespace orchestrator::harness::runtime
