// SPDX-License-Identifier: Apache-2.0
#include "tools/fetch/address_policy.hpp"

#include <algorithm>
#include <array>
#include <boost/asio/ip/network_v4.hpp>
#include <boost/asio/ip/network_v6.hpp>

namespace orchestrator::harness::tools {

namespace {

namespace ip = boost::asio::ip;

// IANA's special-purpose registry, with multicast and the reserved rest.
constexpr std::array kClosedV4 = {
    "0.0.0.0/8",       "10.0.0.0/8",    "100.64.0.0/10",   "127.0.0.0/8",     "169.254.0.0/16", "172.16.0.0/12",
    "192.0.0.0/24",    "192.0.2.0/24",  "192.31.196.0/24", "192.52.193.0/24", "192.88.99.0/24", "192.168.0.0/16",
    "192.175.48.0/24", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24",  "224.0.0.0/4",    "240.0.0.0/4"};

// Inside 2000::/3: protocol assignments with Teredo and ORCHID, documentation, 6to4, documentation.
constexpr std::array kClosedV6 = {"2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20"};

bool is_in(const ip::address_v6& address, const char* prefix) {
  const ip::network_v6 network = ip::make_network_v6(prefix);
  return ip::network_v6(address, network.prefix_length()).canonical() == network;
}

bool is_in(const ip::address_v4& address, const char* prefix) {
  const ip::network_v4 network = ip::make_network_v4(prefix);
  return ip::network_v4(address, network.prefix_length()).canonical() == network;
}

}  // namespace

bool is_public_address(const ip::address& address) {
  if (address.is_v4()) {
    return std::ranges::none_of(kClosedV4, [&](const char* prefix) { return is_in(address.to_v4(), prefix); });
  }
  ip::address_v6 plain(address.to_v6().to_bytes());  // without its scope
  return is_in(plain, "2000::/3") &&
         std::ranges::none_of(kClosedV6, [&](const char* prefix) { return is_in(plain, prefix); });
}

bool AddressPolicy::allows(const ip::tcp::endpoint& endpoint) const {
  return is_public_address(endpoint.address()) || std::ranges::find(exceptions_, endpoint) != exceptions_.end();
}

}  // namespace orchestrator::harness::tools
