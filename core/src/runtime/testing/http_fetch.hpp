// SPDX-License-Identifier: Apache-2.0
#pragma once

// Fetches one answer to its end, for tests that look at the outcome only.
// Runs on the client's own context, like every use of it.

#include "runtime/compiler_check.hpp"

#include <boost/asio/awaitable.hpp>
#include <optional>
#include <string>

#include "runtime/http_client.hpp"

namespace orchestrator::harness::runtime::testing {

/// What came of an exchange: the head and the body as far as they came, and the first error.
struct Fetched {
  std::optional<HttpResponseHead> head;
  std::string body;
  std::optional<Error> error;

  /// The code of the error, or an empty text.
  [[nodiscard]] std::string code() const { return error ? error->code : std::string(); }
};

/// `client` must outlive the coroutine.
boost::asio::awaitable<Fetched> fetch(HttpClient* client, HttpRequest request);

}  // namespace orchestrator::harness::runtime::testing
