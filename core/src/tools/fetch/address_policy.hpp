// SPDX-License-Identifier: Apache-2.0
#pragma once

// Which addresses `fetch_url` may connect to: those that the public internet routes, and no others. A value; any
// thread.

#include <boost/asio/ip/address.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <vector>

namespace orchestrator::harness::tools {

/// True for a globally routable unicast address that stands for no other one: not loopback, private, link-local, shared
/// (CGNAT), documentation, benchmark, multicast or reserved, and for IPv6 only 2000::/3 without Teredo, 6to4 and the
/// like, so that no IPv4 address hides in it (mapped, NAT64).
[[nodiscard]] bool is_public_address(const boost::asio::ip::address& address);

class AddressPolicy final {
 public:
  /// Public addresses only.
  AddressPolicy() = default;
  /// These as well: for servers of tests.
  explicit AddressPolicy(std::vector<boost::asio::ip::tcp::endpoint> exceptions) : exceptions_(std::move(exceptions)) {}

  [[nodiscard]] bool allows(const boost::asio::ip::tcp::endpoint& endpoint) const;

 private:
  std::vector<boost::asio::ip::tcp::endpoint> exceptions_;
};

}  // namespace orchestrator::harness::tools
