// SPDX-License-Identifier: Apache-2.0
#pragma once

// Whether a request was meant for this daemon and comes from no page of another site. A rebound name gives neither
// Origin nor Sec-Fetch-Site: only Host tells the truth then, so both are looked at. Immutable; any thread.

#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/answers/api_error.hpp"
#include "daemon/http/listen_address.hpp"
#include "daemon/http/request.hpp"

namespace orchestrator::daemon {

class OriginCheck {
 public:
  /// The names that clients may call the daemon by: its address, and on loopback 127.0.0.1, [::1] and localhost, each
  /// with the port. Through the Unix socket, `localhost` without a port too.
  explicit OriginCheck(const ListenAddress& address);

  /// Errors: `host_not_allowed` (421), `origin_not_allowed` (403).
  [[nodiscard]] std::expected<void, ApiError> check(const RequestHead& head) const;
  /// The names, for messages.
  [[nodiscard]] const std::vector<std::string>& hosts() const { return hosts_; }

 private:
  [[nodiscard]] bool is_known(std::string_view host, bool is_local) const;
  std::vector<std::string> hosts_;
};

}  // namespace orchestrator::daemon
