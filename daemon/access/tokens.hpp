// SPDX-License-Identifier: Apache-2.0
#pragma once

// Who a request comes from, by its credential. Wrong credentials are counted: too many in a while are answered with
// 429, so that nobody learns anything by trying. On the server's thread.

#include <chrono>
#include <expected>
#include <string>
#include <vector>

#include "daemon/access/principal.hpp"
#include "daemon/answers/api_error.hpp"
#include "daemon/http/request.hpp"

namespace orchestrator::daemon {

class Tokens {
 public:
  struct Entry {
    std::string token;
    Principal principal;
  };
  explicit Tokens(std::vector<Entry> entries) : entries_(std::move(entries)) {}

  /// The client; one of the role `open` where it shows no credential. Errors: `token_in_query_refused` and
  /// `token_invalid` (401), `two_credentials` (400), `too_many_attempts` (429).
  [[nodiscard]] std::expected<Principal, ApiError> identify(const RequestHead& head,
                                                            std::chrono::steady_clock::time_point now);

 private:
  [[nodiscard]] ApiError refuse(std::chrono::steady_clock::time_point now);

  std::vector<Entry> entries_;  // few
  std::chrono::steady_clock::time_point window_began_{};
  unsigned wrong_in_window_ = 0;
};

}  // namespace orchestrator::daemon
