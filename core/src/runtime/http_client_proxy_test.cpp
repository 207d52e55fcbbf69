// SPDX-License-Identifier: Apache-2.0
// Goal: the proxy variables mean what other tools take them to mean. Method: set and read them.

#include "runtime/http_client_proxy.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <string>
#include <utility>
#include <vector>

namespace orchestrator::harness::runtime {
namespace {

// Clears every variable that matters, sets the given ones, and restores all at the end.
class Environment {
 public:
  explicit Environment(const std::vector<std::pair<std::string, std::string>>& values) {
    for (const char* name : {"http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY",
                             "no_proxy", "NO_PROXY", "REQUEST_METHOD"}) {
      const char* old = std::getenv(name);
      saved_.emplace_back(name, old == nullptr ? "" : old);
      unsetenv(name);
    }
    for (const auto& [name, value] : values) setenv(name.c_str(), value.c_str(), 1);
  }
  Environment(const Environment&) = delete;
  Environment& operator=(const Environment&) = delete;
  ~Environment() {
    for (const auto& [name, value] : saved_) {
      unsetenv(name.c_str());
      if (!value.empty()) setenv(name.c_str(), value.c_str(), 1);
    }
  }

 private:
  std::vector<std::pair<std::string, std::string>> saved_;
};

TEST(HttpProxiesTest, NoVariablesNoProxy) {
  const Environment environment({});
  const HttpProxies proxies = HttpProxies::from_environment();
  EXPECT_EQ(proxies.select("https", "api.example.com"), "");
  EXPECT_EQ(proxies.select("http", "api.example.com"), "");
}

TEST(HttpProxiesTest, ReadsUpperAndLowerCase) {
  const Environment environment({{"HTTPS_PROXY", "http://a:1"}, {"HTTP_PROXY", "http://b:2"}, {"NO_PROXY", "x,y"}});
  const HttpProxies proxies = HttpProxies::from_environment();
  EXPECT_EQ(proxies.select("https", "api.example.com"), "http://a:1");
  EXPECT_EQ(proxies.select("http", "api.example.com"), "http://b:2");
  EXPECT_EQ(proxies.no_proxy, "x,y");
}

TEST(HttpProxiesTest, LowerCaseWins) {
  const Environment environment({{"HTTPS_PROXY", "http://a:1"}, {"https_proxy", "http://b:2"}});
  EXPECT_EQ(HttpProxies::from_environment().https, "http://b:2");
}

TEST(HttpProxiesTest, AllProxyFillsGaps) {
  const Environment environment({{"ALL_PROXY", "socks5h://a:1"}, {"http_proxy", "http://b:2"}});
  const HttpProxies proxies = HttpProxies::from_environment();
  EXPECT_EQ(proxies.https, "socks5h://a:1");
  EXPECT_EQ(proxies.http, "http://b:2");
}

TEST(HttpProxiesTest, IgnoresTheForgeableNameInsideCgi) {
  const Environment environment({{"HTTP_PROXY", "http://evil:1"}, {"REQUEST_METHOD", "GET"}});
  EXPECT_EQ(HttpProxies::from_environment().http, "");
}

TEST(HttpProxiesTest, LoopbackGoesDirectUnlessTold) {
  HttpProxies proxies{.http = "http://a:1", .https = "http://a:1", .no_proxy = {}, .loopback = false};
  for (const char* host :
       {"localhost", "LOCALHOST.", "app.localhost", "127.0.0.1", "127.9.8.7", "[::1]", "::1", "[::ffff:127.0.0.1]"}) {
    EXPECT_EQ(proxies.select("http", host), "") << host;
  }
  for (const char* host : {"example.com", "localhost.example.com", "10.0.0.1", "128.0.0.1", "[::2]", "notlocalhost"}) {
    EXPECT_EQ(proxies.select("http", host), "http://a:1") << host;
  }
  proxies.loopback = true;
  EXPECT_EQ(proxies.select("http", "localhost"), "http://a:1");
}

TEST(HttpProxiesTest, MessagesShowNoCredentials) {
  EXPECT_EQ(proxy_display_name("http://user:p@ss@proxy.example:3128/x"), "proxy.example:3128");
  EXPECT_EQ(proxy_display_name("proxy.example:3128"), "proxy.example:3128");
  EXPECT_EQ(proxy_display_name(""), "");
}

}  // namespace
}  // namespace orchestrator::harness::runtime
