// SPDX-License-Identifier: Apache-2.0
#pragma once

// Why a transfer failed, in the words of this library: maps curl's result codes to error values.
// Messages name the host and what was tried; they never hold headers, bodies or URLs.
// Pure functions, safe from any thread.

#include <curl/curl.h>

#include <string>
#include <string_view>

#include "orchestrator/harness/errors.hpp"

namespace orchestrator::harness::runtime {

/// What is known of a transfer when it fails.
struct CurlFailure {
  CURLcode code = CURLE_OK;
  std::string_view detail;  // curl's error text; may be empty
  std::string_view place;   // host:port of the server
  std::string_view proxy;   // host:port of the proxy, or empty
  bool connected = false;   // a connection was there and the request was about to be sent
  bool has_head = false;    // the head of the answer has been read
};

/// The error for a transfer that did not end with CURLE_OK.
[[nodiscard]] Error describe(const CurlFailure& failure);

}  // namespace orchestrator::harness::runtime
