// SPDX-License-Identifier: Apache-2.0
#pragma once

// The form of a request's head, stricter than its grammar: whatever two readers of one head could read in two ways is
// refused. Pure functions; any thread.

#include <cstddef>
#include <cstdint>
#include <expected>
#include <string>
#include <string_view>

#include "daemon/http/request.hpp"

namespace orchestrator::daemon {

/// How large a head may be.
struct HeadBounds {
  std::size_t bytes_max = 16UL << 10;
  std::size_t fields_max = 100;
  std::size_t target_bytes_max = 8UL << 10;
};

/// Why a head is refused. The connection is closed after it: where the next request begins is not known.
struct HeadFault {
  unsigned status = 400;
  std::string code;
  std::string message;
};

/// Where the head ends in what has come so far: the number of its bytes, or 0 while it has no end yet. `seen` bytes
/// were looked at before. Fault: a line that does not end with CRLF, a control character, a head that is too large.
[[nodiscard]] std::expected<std::size_t, HeadFault> find_head_end(std::string_view bytes, std::size_t seen,
                                                                  const HeadBounds& bounds);

/// Reads a whole head with its last empty line. Faults: a method that is not known (501), a version other than 1.1 and
/// 1.0 (505), a target that is too long (414), too many fields (431), a folded line, a name that is none, white space
/// before a colon, no Host or two, two lengths, a length beside a transfer coding, a coding other than `chunked`.
[[nodiscard]] std::expected<RequestHead, HeadFault> read_head(std::string_view head, const HeadBounds& bounds);

/// Whether the connection may be kept after this request, as its sender says.
[[nodiscard]] bool wants_keep_alive(const RequestHead& head);

}  // namespace orchestrator::daemon
