// SPDX-License-Identifier: Apache-2.0
// Goal: one form of each URL, and a reason for each that is not fetched.
// Method: tables of URLs, the tricks that have worked elsewhere among them.
#include "tools/fetch/fetch_target.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace orchestrator::harness::tools {
namespace {

const std::vector<std::string> kGranted = {"ok.test", "ok.test:8080"};

std::string url_of(std::string_view url) {
  const auto target = FetchTarget::parse(url, kGranted);
  return target ? target->url : std::string(name_of(target.error().code)) + ": " + target.error().message;
}

std::string reason(std::string_view url) {
  const auto target = FetchTarget::parse(url, kGranted);
  return target ? "none" : target.error().message;
}

TEST(FetchTarget, AUrlHasOneForm) {
  EXPECT_EQ(url_of("http://ok.test"), "http://ok.test/");
  EXPECT_EQ(url_of("HTTP://OK.Test:80/a?b=c#d"), "http://ok.test/a?b=c");
  EXPECT_EQ(url_of("https://ok.test:443/%41"), "https://ok.test/%41");
  EXPECT_EQ(url_of("http://ok.test:443/"), "http://ok.test:443/");
  EXPECT_EQ(url_of("http://ok.test:8080/"), "http://ok.test:8080/");
  EXPECT_EQ(url_of("http://[2606:4700:0::1111]/"), "http://[2606:4700::1111]/");
  EXPECT_EQ(url_of("http://8.8.8.8/"), "http://8.8.8.8/");
  const FetchTarget target = *FetchTarget::parse("http://127.0.0.1.nip.test:443/", {});
  EXPECT_EQ(target.host, "127.0.0.1.nip.test");
  EXPECT_FALSE(target.literal.has_value());
  EXPECT_EQ(target.redirected("/x", {})->url, "http://127.0.0.1.nip.test:443/x");
}

// TA13
TEST(FetchTarget, OtherSchemesAndUserNamesAreRefused) {
  for (const char* url : {"file:///etc/passwd", "gopher://ok.test/", "ftp://ok.test/", "data:text/plain,x",
                          "javascript:1", "dict://ok.test:11211/", "ws://ok.test/"}) {
    EXPECT_EQ(url_of(url), "url_not_allowed: only http and https are fetched") << url;
  }
  for (const char* url :
       {"http://user@ok.test/", "http://u:p@ok.test/", "http://ok.test@evil.test/", "http://@ok.test/"}) {
    EXPECT_EQ(reason(url), "a URL with a user name or password is not fetched") << url;
  }
}

// V3
TEST(FetchTarget, AddressesInOtherFormsAreRefused) {
  for (const char* host : {"2130706433", "0x7f.1", "0x7f000001", "0177.0.0.1", "127.1", "127.0.1", "127.0.0.01",
                           "0x7f.0.0.1", "1.2.3.4.5", "256.1.1.1", "0", "00000177.0.0.1"}) {
    EXPECT_EQ(reason("http://" + std::string(host) + "/"), "the host is an IPv4 address in another form than a.b.c.d")
        << host;
  }
}

// M8
TEST(FetchTarget, HostsThatOnlyLookGrantedAreNot) {
  EXPECT_EQ(reason("http://ok.test./"), "the host ends with a dot");
  for (const char* url : {"http://ok.test\\@evil.test/", "http://\xd0\xbek.test/", "http://ok.test /",
                          "http://ok%00.test/", "http://ok.test%2eevil/", "http://ok..test/", "http:///path",
                          "http://[::1%25eth0]/", "http://[::1", "http:ok.test", "//ok.test/", "ok.test"}) {
    EXPECT_NE(reason(url), "none") << url;
  }
  EXPECT_NE(reason(std::string_view("http://ok.test\0.evil.test/", 26)), "none");
  for (const char* url : {"http://docs.ok.test/", "http://ok.test.evil.test/", "http://evil.test/#ok.test",
                          "http://evil.test/?ok.test", "http://xn--k-8ta.test/", "http://evilok.test/"}) {
    const auto target = FetchTarget::parse(url, kGranted);
    ASSERT_TRUE(target.has_value()) << url;
    EXPECT_FALSE(target->is_granted(kGranted)) << url;
  }
}

TEST(FetchTarget, OtherPortsMustBeGrantedWithTheirHost) {
  EXPECT_NE(reason("http://evil.test:8080/"), "none");
  EXPECT_NE(reason("http://ok.test:8081/"), "none");
  EXPECT_NE(reason("http://ok.test:0/"), "none");
  EXPECT_NE(reason("http://ok.test:65537/"), "none");
  EXPECT_TRUE(FetchTarget::parse("http://ok.test:8080/", kGranted)->is_granted(kGranted));
  EXPECT_TRUE(FetchTarget::parse("https://OK.test/", kGranted)->is_granted(kGranted));
}

TEST(FetchTarget, ARedirectIsResolvedAndCheckedLikeAnyUrl) {
  const FetchTarget base = *FetchTarget::parse("https://ok.test/a/b?c", kGranted);
  EXPECT_EQ(base.redirected("../d?e", kGranted)->url, "https://ok.test/d?e");
  EXPECT_EQ(base.redirected("https://other.test/?x", kGranted)->url, "https://other.test/?x");
  EXPECT_EQ(base.redirected("?q", kGranted)->url, "https://ok.test/a/b?q");
  EXPECT_EQ(base.redirected("/x", kGranted)->url, "https://ok.test/x");
  EXPECT_EQ(base.redirected("//other.test/", kGranted)->url, "https://other.test/");
  for (const char* location :
       {"http://ok.test/", "file:///etc/passwd", "https://u@ok.test/", "https://ok.test:22/", "\x01"}) {
    EXPECT_FALSE(base.redirected(location, kGranted).has_value()) << location;
  }
}

}  // namespace
}  // namespace orchestrator::harness::tools
