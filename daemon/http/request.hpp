// SPDX-License-Identifier: Apache-2.0
#pragma once

// A request as it came, its form checked and nothing believed. Values; one thread at a time.

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "daemon/http/fields.hpp"
#include "daemon/http/method.hpp"

namespace orchestrator::daemon {

/// All of a request but its body.
struct RequestHead {
  Method method = Method::get;
  std::string target;                                      // as it was sent
  std::string path;                                        // of the target, still percent-encoded
  std::vector<std::pair<std::string, std::string>> query;  // decoded, in order
  Fields fields;
  std::optional<std::uint64_t> content_length;
  bool is_chunked = false;
  unsigned version_minor = 1;  // of HTTP/1
  bool is_local = false;       // came through the Unix socket
  /// Whether a body follows, as its framing says.
  [[nodiscard]] bool has_body() const { return is_chunked || content_length.value_or(0) > 0; }
};

struct Request {
  RequestHead head;
  std::string body;
};

}  // namespace orchestrator::daemon
