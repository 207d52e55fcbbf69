// SPDX-License-Identifier: Apache-2.0
// Goal: only globally routed unicast addresses are allowed. Method: the edges of every range.
#include "tools/fetch/address_policy.hpp"

#include <gtest/gtest.h>

#include <boost/asio/ip/address.hpp>

namespace orchestrator::harness::tools {
namespace {

namespace ip = boost::asio::ip;

TEST(AddressPolicy, AddressesOfThePublicInternetAreAllowed) {
  for (const char* address :
       {"1.1.1.1",         "8.8.8.8",     "9.255.255.255",   "11.0.0.0",    "100.63.255.255",  "100.128.0.0",
        "126.255.255.255", "128.0.0.0",   "169.253.255.255", "169.255.0.0", "172.15.255.255",  "172.32.0.0",
        "192.167.255.255", "192.169.0.0", "198.17.255.255",  "198.20.0.0",  "223.255.255.255", "2606:4700::1111",
        "2001:200::",      "2003::",      "2a00::1",         "2001:db9::"}) {
    EXPECT_TRUE(is_public_address(ip::make_address(address))) << address;
  }
}

TEST(AddressPolicy, EveryOtherAddressIsRefused) {
  for (const char* address : {"0.0.0.0",
                              "0.1.2.3",
                              "10.0.0.1",
                              "10.255.255.255",
                              "100.64.0.0",
                              "100.127.255.255",
                              "127.0.0.1",
                              "127.255.255.255",
                              "169.254.169.254",
                              "172.16.0.0",
                              "172.31.255.255",
                              "192.0.0.8",
                              "192.0.2.1",
                              "192.88.99.1",
                              "192.168.1.1",
                              "198.18.0.0",
                              "198.19.255.255",
                              "198.51.100.1",
                              "203.0.113.1",
                              "224.0.0.1",
                              "239.255.255.255",
                              "240.0.0.1",
                              "255.255.255.255",
                              "::",
                              "::1",
                              "::ffff:127.0.0.1",
                              "::ffff:8.8.8.8",
                              "::127.0.0.1",
                              "64:ff9b::7f00:1",
                              "64:ff9b::808:808",
                              "64:ff9b:1::1",
                              "100::1",
                              "2001::1",
                              "2001:0:4136:e378::1",
                              "2001:20::1",
                              "2001:db8::1",
                              "2002:7f00:1::",
                              "2002:808:808::1",
                              "3fff::1",
                              "fc00::1",
                              "fd12:3456::1",
                              "fe80::1",
                              "fe80::1%1",
                              "fec0::1",
                              "ff02::1",
                              "5f00::1",
                              "4000::1"}) {
    EXPECT_FALSE(is_public_address(ip::make_address(address))) << address;
  }
}

TEST(AddressPolicy, AnExceptionIsOneAddressAndOnePort) {
  const AddressPolicy policy({{ip::make_address("127.0.0.1"), 8080}});
  EXPECT_TRUE(policy.allows({ip::make_address("127.0.0.1"), 8080}));
  EXPECT_FALSE(policy.allows({ip::make_address("127.0.0.1"), 8081}));
  EXPECT_FALSE(policy.allows({ip::make_address("127.0.0.2"), 8080}));
  EXPECT_FALSE(AddressPolicy().allows({ip::make_address("127.0.0.1"), 8080}));
}

}  // namespace
}  // namespace orchestrator::harness::tools
