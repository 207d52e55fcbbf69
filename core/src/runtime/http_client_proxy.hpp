// SPDX-License-Identifier: Apache-2.0
#pragma once

// Which proxy, if any, a request goes through. Plain values; safe to read from several threads.
// Reading the environment is not synchronised with writers of it.

#include <string>
#include <string_view>

namespace orchestrator::harness::runtime {

/// Proxy settings. A proxy is `http://host:port`, `https://...` or `socks5h://...`, may carry user
/// information, and is empty for none.
struct HttpProxies {
  std::string http;       // for http URLs
  std::string https;      // for https URLs, by CONNECT
  std::string no_proxy;   // comma-separated hosts, domains and networks that are reached directly
  bool loopback = false;  // send loopback hosts through the proxy too

  /// From HTTPS_PROXY, HTTP_PROXY, ALL_PROXY and NO_PROXY; the lower-case name wins. HTTP_PROXY in
  /// upper case is ignored inside a CGI program (REQUEST_METHOD set), where clients can forge it.
  static HttpProxies from_environment();

  /// The proxy for a scheme and a host, before `no_proxy` is applied. Lives as long as `*this`.
  [[nodiscard]] const std::string& select(std::string_view scheme, std::string_view host) const;
};

/// True for localhost, its subdomains, 127.0.0.0/8, ::1 and IPv4-mapped loopback; brackets allowed.
[[nodiscard]] bool is_loopback_host(std::string_view host);

/// `host:port` of a proxy setting without its user information, for messages.
[[nodiscard]] std::string proxy_display_name(std::string_view proxy);

}  // namespace orchestrator::harness::runtime
