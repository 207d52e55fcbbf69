// SPDX-License-Identifier: Apache-2.0
#include "runtime/http_client_proxy.hpp"

#include <boost/asio/ip/address.hpp>
#include <cstdlib>

#include "runtime/http_client_ascii.hpp"

namespace orchestrator::harness::runtime {

namespace {

std::string variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? std::string() : std::string(value);
}

std::string first_set(const char* preferred, const char* other) {
  std::string value = variable(preferred);
  return value.empty() ? variable(other) : value;
}

}  // namespace

HttpProxies HttpProxies::from_environment() {
  HttpProxies proxies;
  const bool is_cgi = std::getenv("REQUEST_METHOD") != nullptr;
  const std::string all = first_set("all_proxy", "ALL_PROXY");
  proxies.http = is_cgi ? variable("http_proxy") : first_set("http_proxy", "HTTP_PROXY");
  proxies.https = first_set("https_proxy", "HTTPS_PROXY");
  if (proxies.http.empty()) proxies.http = all;
  if (proxies.https.empty()) proxies.https = all;
  proxies.no_proxy = first_set("no_proxy", "NO_PROXY");
  return proxies;
}

const std::string& HttpProxies::select(std::string_view scheme, std::string_view host) const {
  static const std::string kDirect;
  if (!loopback && is_loopback_host(host)) return kDirect;
  return scheme == "https" ? https : http;
}

bool is_loopback_host(std::string_view host) {
  if (host.size() >= 2 && host.front() == '[' && host.back() == ']') {
    host = host.substr(1, host.size() - 2);
  }
  if (!host.empty() && host.back() == '.') host.remove_suffix(1);
  const std::string name = ascii_lower(host);
  if (name == "localhost" || name.ends_with(".localhost")) return true;
  boost::system::error_code failed;
  const auto address = boost::asio::ip::make_address(name, failed);
  if (failed) return false;
  if (address.is_v4()) return address.is_loopback();
  const auto v6 = address.to_v6();
  if (!v6.is_v4_mapped()) return v6.is_loopback();
  return boost::asio::ip::make_address_v4(boost::asio::ip::v4_mapped, v6).is_loopback();
}

std::string proxy_display_name(std::string_view proxy) {
  if (const auto scheme = proxy.find("://"); scheme != std::string_view::npos) {
    proxy.remove_prefix(scheme + 3);
  }
  proxy = proxy.substr(0, proxy.find_first_of("/?#"));
  if (const auto user = proxy.rfind('@'); user != std::string_view::npos) {
    proxy.remove_prefix(user + 1);
  }
  return std::string(proxy);
}

}  // namespace orchestrator::harness::runtime
