// SPDX-License-Identifier: Apache-2.0
// Goal: proxies are used where they are set, bypassed where they are told to be, and named in
// errors without their passwords. Method: Debian's tinyproxy; skipped where it is absent.

#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <filesystem>
#include <fstream>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "runtime/http_client.hpp"
#include "runtime/testing/http_fetch.hpp"
#include "runtime/testing/run_awaitable.hpp"
#include "runtime/testing/test_certificate.hpp"
#include "runtime/testing/test_process.hpp"
#include "runtime/testing/test_server.hpp"

namespace orchestrator::harness::runtime {
namespace {

namespace asio = boost::asio;
using testing::fetch;
using testing::Fetched;
using testing::run_awaitable;
using testing::TestCertificate;
using testing::TestConnection;
using testing::TestProcess;
using testing::TestRequest;
using testing::TestServer;

HttpRequest request_to(std::string url) {
  HttpRequest request;
  request.url = std::move(url);
  request.body = "{}";
  return request;
}

// Through a proxy, also to loopback.
HttpClientOptions through(const std::string& proxy, const std::string& no_proxy = {}) {
  HttpClientOptions options;
  options.proxies = HttpProxies{.http = proxy, .https = proxy, .no_proxy = no_proxy, .loopback = true};
  return options;
}

class HttpClientTunnelTest : public ::testing::Test {
 protected:
  // Starts tinyproxy with some more lines of configuration. False: it is not installed.
  bool start_proxy(const std::string& more = {}) {
    const std::string program = TestProcess::find("tinyproxy");
    if (program.empty()) return false;
    const std::uint16_t port = TestProcess::free_port();
    const std::string file = certificate_.folder() / "tinyproxy.conf";
    std::ofstream(file) << "Port " << port << "\nListen 127.0.0.1\nTimeout 600\nMaxClients 20\nAllow 127.0.0.1\n"
                        << "ViaProxyName \"testproxy\"\nLogLevel Critical\n"
                        << more;
    proxy_ = std::make_unique<TestProcess>(std::vector<std::string>{program, "-d", "-c", file});
    proxy_place_ = "127.0.0.1:" + std::to_string(port);
    return proxy_->wait_for_port(port);
  }
  Fetched fetch_with(HttpClientOptions options, const std::string& url) {
    asio::io_context io(1);
    HttpClient client(io.get_executor(), std::move(options));
    return run_awaitable(io, fetch(&client, request_to(url)));
  }
  // Answers every request and keeps it.
  TestServer::Handler keeping() {
    return [this](TestConnection& connection, std::size_t) {
      while (auto request = connection.read_request()) {
        const std::scoped_lock lock(mutex_);
        seen_.push_back(*std::move(request));
        connection.send("HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\norigin");
      }
    };
  }

  TestCertificate certificate_;
  std::unique_ptr<TestProcess> proxy_;
  std::string proxy_place_;
  std::mutex mutex_;
  std::vector<TestRequest> seen_;
};

TEST_F(HttpClientTunnelTest, PlainHttpGoesThroughTheProxy) {
  if (!start_proxy()) GTEST_SKIP() << "tinyproxy is not installed";
  const TestServer server(keeping());
  const Fetched fetched = fetch_with(through("http://" + proxy_place_), server.url("/path"));
  EXPECT_EQ(fetched.code(), "");
  EXPECT_EQ(fetched.body, "origin");
  ASSERT_EQ(seen_.size(), 1U);
  EXPECT_NE(seen_[0].headers["via"].find("testproxy"), std::string::npos);
  EXPECT_EQ(seen_[0].target, "/path");
}

TEST_F(HttpClientTunnelTest, NoProxyGoesDirect) {
  if (!start_proxy()) GTEST_SKIP() << "tinyproxy is not installed";
  const TestServer server(keeping());
  for (const char* no_proxy : {"127.0.0.1", "example.com,127.0.0.0/8", "*"}) {
    EXPECT_EQ(fetch_with(through("http://" + proxy_place_, no_proxy), server.url()).body, "origin") << no_proxy;
    EXPECT_FALSE(seen_.back().headers.contains("via")) << no_proxy;
  }
}

TEST_F(HttpClientTunnelTest, HttpsGoesThroughByConnectAndIsVerified) {
  const std::string program = TestProcess::find("openssl");
  if (program.empty() || !start_proxy()) GTEST_SKIP() << "tinyproxy or openssl is not installed";
  const std::uint16_t port = TestProcess::free_port();
  const TestProcess server({program, "s_server", "-quiet", "-www", "-accept", std::to_string(port), "-cert",
                            certificate_.certificate_file(), "-key", certificate_.key_file()});
  ASSERT_TRUE(server.wait_for_port(port));
  const std::string url = "https://127.0.0.1:" + std::to_string(port) + "/";
  HttpClientOptions trusting = through("http://" + proxy_place_);
  EXPECT_EQ(fetch_with(trusting, url).code(), "provider_tls_failed");
  trusting.ca_file = certificate_.certificate_file();
  asio::io_context io(1);
  HttpClient client(io.get_executor(), trusting);
  HttpRequest get = request_to(url);
  get.method = "GET";
  get.body.clear();
  const Fetched fetched = run_awaitable(io, fetch(&client, std::move(get)));
  EXPECT_EQ(fetched.code(), "");
  EXPECT_EQ(fetched.head->status, 200U) << "the answer of the server, not of the proxy";
}

TEST_F(HttpClientTunnelTest, AProxyThatRefusesIsNamedWithoutItsPassword) {
  if (!start_proxy("BasicAuth user right\n")) GTEST_SKIP() << "tinyproxy is not installed";
  const TestServer server(keeping());
  const std::string wrong = "http://user:canary@" + proxy_place_;

  const Fetched tunnel = fetch_with(through(wrong), "https://" + server.place() + "/");
  ASSERT_EQ(tunnel.code(), "provider_unreachable");
  EXPECT_NE(tunnel.error->message.find("through the proxy " + proxy_place_), std::string::npos);
  EXPECT_EQ(tunnel.error->message.find("canary"), std::string::npos);
  const Fetched plain = fetch_with(through(wrong), server.url());
  ASSERT_TRUE(plain.head);
  EXPECT_EQ(plain.head->status / 100, 4U);

  EXPECT_EQ(fetch_with(through("http://user:right@" + proxy_place_), server.url()).body, "origin");
  EXPECT_FALSE(seen_.back().headers.contains("proxy-authorization"));
}

TEST_F(HttpClientTunnelTest, AProxyThatIsNotThere) {
  const TestServer server(keeping());
  const std::string place = "127.0.0.1:" + std::to_string(TestProcess::free_port());
  const Fetched fetched = fetch_with(through("http://user:canary@" + place), server.url());
  ASSERT_EQ(fetched.code(), "provider_unreachable");
  EXPECT_NE(fetched.error->message.find(place), std::string::npos) << fetched.error->message;
  EXPECT_EQ(fetched.error->message.find("canary"), std::string::npos) << fetched.error->message;
  EXPECT_EQ(server.connections(), 0U);
}

TEST_F(HttpClientTunnelTest, AnUnusableProxySettingIsAnError) {
  const TestServer server(keeping());
  for (const char* proxy : {"gopher://canary@127.0.0.1:1", "http://", "http://canary:x@127.0.0.1:99999", "a b"}) {
    const Fetched fetched = fetch_with(through(proxy), server.url());
    EXPECT_EQ(fetched.code(), "configuration_invalid") << proxy;
    EXPECT_EQ(fetched.error->message.find("canary"), std::string::npos) << fetched.error->message;
  }
  EXPECT_EQ(server.connections(), 0U);
}

}  // namespace
}  // namespace orchestrator::harness::runtime
