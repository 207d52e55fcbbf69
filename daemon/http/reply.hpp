// SPDX-License-Identifier: Apache-2.0
#pragma once

// What a request is answered with: a status, fields, and a body that is there or that is written bit by bit. Values;
// used on the server's thread.

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "daemon/http/fields.hpp"
#include "orchestrator/harness/awaitable.hpp"

namespace orchestrator::daemon {

/// Bytes that several connections may be sending at once.
using SharedText = std::shared_ptr<const std::string>;

/// Where a body is written that has no end yet. Lives as long as the call of `Reply::stream` that it was given to.
class BodyWriter {
 public:
  virtual ~BodyWriter() = default;
  /// Sends the pieces in order. False once nobody takes them: the client is gone, took nothing for the write deadline,
  /// or the server stops; then the stream must end.
  virtual boost::asio::awaitable<bool> write(std::vector<SharedText> pieces) = 0;
};

struct Reply {
  unsigned status = 200;
  Fields fields;
  std::string body;
  /// Where set, writes the body, which ends with it; `body` then counts for nothing.
  std::function<boost::asio::awaitable<void>(BodyWriter& writer)> stream = {};
};

}  // namespace orchestrator::daemon
