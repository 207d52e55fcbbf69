// SPDX-License-Identifier: Apache-2.0
#pragma once

// The URL of a fetch, parsed once: what is checked, shown, resolved and sent is this one form. Values, pure functions.

#include <boost/asio/ip/address.hpp>
#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "orchestrator/harness/errors.hpp"

namespace orchestrator::harness::tools {

struct FetchTarget {
  std::string url;   // canonical, without fragment
  std::string host;  // lower case; an IPv6 address in brackets
  std::uint16_t port = 0;
  bool is_https = false;
  std::optional<boost::asio::ip::address> literal;  // where the host is an address

  /// `host`, or `host:port` where the port is not the scheme's own.
  [[nodiscard]] std::string place() const;
  /// True where the configuration names this place.
  [[nodiscard]] bool is_granted(const std::vector<std::string>& hosts) const;

  /// Errors: `url_not_allowed` with the reason. Other ports than 80 and 443 must be granted as host:port in `hosts`.
  static std::expected<FetchTarget, ToolError> parse(std::string_view url, const std::vector<std::string>& hosts);
  /// The target of a redirect from here.
  [[nodiscard]] std::expected<FetchTarget, ToolError> redirected(std::string_view location,
                                                                 const std::vector<std::string>& hosts) const;
};

}  // namespace orchestrator::harness::tools
