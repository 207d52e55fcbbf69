// SPDX-License-Identifier: Apache-2.0
#include "daemon/http/listen_address.hpp"

#include <boost/asio/ip/address.hpp>

#include <charconv>

namespace orchestrator::daemon {

namespace {
namespace ip = boost::asio::ip;
}  // namespace

harness::Result<ListenAddress> ListenAddress::parse(std::string_view text) {
  const auto refuse = [&](const std::string& why) {
    return harness::fail(harness::RuntimeErrorCode::invalid_argument,
                         "--listen " + why + "; it takes ADDRESS:PORT, such as 127.0.0.1:7717", "--listen");
  };
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return refuse("has no port");
  std::string_view host = text.substr(0, colon);
  const std::string_view port = text.substr(colon + 1);
  if (host.size() > 2 && host.front() == '[' && host.back() == ']') {
    host = host.substr(1, host.size() - 2);
  } else if (host.find(':') != std::string_view::npos) {
    return refuse("needs brackets around an IPv6 address");
  }
  ListenAddress address;
  address.host = host == "localhost" ? "127.0.0.1" : std::string(host);
  boost::system::error_code error;
  static_cast<void>(ip::make_address(address.host, error));
  if (error) return refuse("does not begin with an address");
  const auto [end, failure] = std::from_chars(port.data(), port.data() + port.size(), address.port);
  if (port.empty() || failure != std::errc() || end != port.data() + port.size())
    return refuse("has no port of 0 to 65535");
  return address;
}

bool ListenAddress::is_loopback() const {
  boost::system::error_code error;
  const auto address = ip::make_address(host, error);
  return !error && address.is_loopback();
}

std::string ListenAddress::str() const {
  const bool is_v6 = host.find(':') != std::string::npos;
  return (is_v6 ? "[" + host + "]" : host) + ":" + std::to_string(port);
}

}  // namespace orchestrator::daemon
