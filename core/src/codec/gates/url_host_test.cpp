// SPDX-License-Identifier: Apache-2.0
// Goal: a rule about hosts looks at the host that a client would go to, or at none where that is in doubt. Method: the
// tricks of those who get around lists of allowed hosts.
#include "codec/gates/url_host.hpp"

#include <gtest/gtest.h>

#include <string>

namespace orchestrator::harness::codec {
namespace {

TEST(HostOf, IsWhereAClientWouldGo) {
  EXPECT_EQ(host_of("https://Docs.Example.COM/a?b#c"), "docs.example.com");
  EXPECT_EQ(host_of("https://example.com.:8443/"), "example.com");
  EXPECT_EQ(host_of("https://ok.example@evil.test/"), "evil.test");
  EXPECT_EQ(host_of("https://ok.example:pw@evil.test"), "evil.test");
  EXPECT_EQ(host_of("https://evil.test#ok.example"), "evil.test");
  EXPECT_EQ(host_of("https://evil.test?@ok.example"), "evil.test");
  EXPECT_EQ(host_of("https://ok.example.evil.test/"), "ok.example.evil.test");
  EXPECT_EQ(host_of("http://[::1]:80/x"), "[::1]");
  EXPECT_EQ(host_of("example.com:443"), "example.com");
  EXPECT_EQ(host_of("example.com/https://ok.example"), "example.com");
  EXPECT_EQ(host_of("//example.com"), std::nullopt);
}

TEST(HostOf, IsNothingWhereReadersDisagree) {
  for (const std::string bad :
       {"https://ok.example\\@evil.test", "https://evil\t.test", "https://ok%2eexample", "https://ex\xC3\xA4mple.test",
        "https:///path", "https://[::1", "https://a:b", "https://a..b", "https://.a", "", " https://a.test"}) {
    EXPECT_EQ(host_of(bad), std::nullopt) << bad;
  }
  EXPECT_EQ(host_of(std::string("https://evil.test\0.ok.example", 29)), std::nullopt);
}

TEST(MatchesHost, IsExactOrBelow) {
  EXPECT_TRUE(matches_host("Example.com", "example.com"));
  EXPECT_FALSE(matches_host("example.com", "www.example.com"));
  EXPECT_TRUE(matches_host("*.example.com", "a.b.example.com"));
  EXPECT_FALSE(matches_host("*.example.com", "example.com"));
  EXPECT_FALSE(matches_host("*.example.com", "badexample.com"));
}

}  // namespace
}  // namespace orchestrator::harness::codec
