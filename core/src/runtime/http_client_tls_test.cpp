// SPDX-License-Identifier: Apache-2.0
// Goal: TLS is verified always, and HTTP/2 behaves like HTTP/1.1 for the caller. Method: Debian's
// nghttpd and `openssl s_server` with certificates made for each test; skipped where they are absent.

#include <gtest/gtest.h>

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cstdlib>
#include <fstream>
#include <memory>
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
using testing::CertificateFacts;
using testing::fetch;
using testing::Fetched;
using testing::run_awaitable;
using testing::TestCertificate;
using testing::TestConnection;
using testing::TestProcess;
using testing::TestServer;

HttpRequest get(std::string url) {
  HttpRequest request;
  request.method = "GET";
  request.url = std::move(url);
  return request;
}

// An HTTPS server of one of the two programs; `url` is empty where it is not installed.
struct TlsServer {
  std::unique_ptr<TestProcess> process;
  std::string url;
};

TlsServer start_openssl(const TestCertificate& certificate, const std::vector<std::string>& more = {}) {
  const std::string program = TestProcess::find("openssl");
  if (program.empty()) return {};
  const std::uint16_t port = TestProcess::free_port();
  std::vector<std::string> arguments = {program, "s_server", "-quiet", "-www", "-accept", std::to_string(port)};
  arguments.insert(arguments.end(), {"-cert", certificate.certificate_file(), "-key", certificate.key_file()});
  arguments.insert(arguments.end(), more.begin(), more.end());
  TlsServer server{.process = std::make_unique<TestProcess>(arguments), .url = {}};
  if (server.process->wait_for_port(port)) server.url = "https://127.0.0.1:" + std::to_string(port) + "/";
  return server;
}

TlsServer start_nghttpd(const TestCertificate& certificate) {
  const std::string program = TestProcess::find("nghttpd");
  if (program.empty()) return {};
  const std::uint16_t port = TestProcess::free_port();
  TlsServer server{.process = std::make_unique<TestProcess>(std::vector<std::string>{
                       program, "-d", certificate.folder(), "-a", "127.0.0.1", std::to_string(port),
                       certificate.key_file(), certificate.certificate_file()}),
                   .url = {}};
  if (server.process->wait_for_port(port)) server.url = "https://127.0.0.1:" + std::to_string(port) + "/";
  return server;
}

Fetched fetch_with(const std::string& ca_file, const std::string& url) {
  asio::io_context io(1);
  HttpClientOptions options;
  options.ca_file = ca_file;
  HttpClient client(io.get_executor(), options);
  return run_awaitable(io, fetch(&client, get(url)));
}

#define SKIP_WITHOUT(server) \
  if ((server).url.empty()) GTEST_SKIP() << "the server program is not installed"

TEST(HttpClientTlsTest, AcceptsACertificateOfAKnownAuthority) {
  const TestCertificate certificate;
  const TlsServer server = start_openssl(certificate);
  SKIP_WITHOUT(server);
  const Fetched fetched = fetch_with(certificate.certificate_file(), server.url);
  EXPECT_EQ(fetched.code(), "");
  EXPECT_EQ(fetched.head->status, 200U);
}

TEST(HttpClientTlsTest, HonoursSslCertFile) {
  const TestCertificate certificate;
  const TlsServer server = start_openssl(certificate);
  SKIP_WITHOUT(server);
  const char* const old = std::getenv("SSL_CERT_FILE");
  const std::string saved = old == nullptr ? "" : old;
  setenv("SSL_CERT_FILE", certificate.certificate_file().c_str(), 1);
  const Fetched fetched = fetch_with("", server.url);
  unsetenv("SSL_CERT_FILE");
  if (!saved.empty()) setenv("SSL_CERT_FILE", saved.c_str(), 1);
  EXPECT_EQ(fetched.code(), "");
}

TEST(HttpClientTlsTest, RefusesASelfSignedCertificate) {
  const TestCertificate certificate;
  const TlsServer server = start_openssl(certificate);
  SKIP_WITHOUT(server);
  const Fetched fetched = fetch_with("", server.url);
  ASSERT_EQ(fetched.code(), "provider_tls_failed");
  EXPECT_NE(fetched.error->message.find("no trusted TLS connection to 127.0.0.1:"), std::string::npos)
      << fetched.error->message;
}

TEST(HttpClientTlsTest, RefusesAnotherName) {
  const TestCertificate certificate(CertificateFacts{.names = "DNS:other.test"});
  const TlsServer server = start_openssl(certificate);
  SKIP_WITHOUT(server);
  EXPECT_EQ(fetch_with(certificate.certificate_file(), server.url).code(), "provider_tls_failed");
}

TEST(HttpClientTlsTest, RefusesAnExpiredCertificate) {
  const TestCertificate certificate(CertificateFacts{.valid_from_s = -7200, .valid_until_s = -3600});
  const TlsServer server = start_openssl(certificate);
  SKIP_WITHOUT(server);
  EXPECT_EQ(fetch_with(certificate.certificate_file(), server.url).code(), "provider_tls_failed");
}

TEST(HttpClientTlsTest, RefusesOldVersions) {
  const TestCertificate certificate;
  const TlsServer server = start_openssl(certificate, {"-tls1_1", "-cipher", "DEFAULT@SECLEVEL=0"});
  SKIP_WITHOUT(server);
  EXPECT_EQ(fetch_with(certificate.certificate_file(), server.url).code(), "provider_tls_failed");
}

TEST(HttpClientTlsTest, NamesACertificateFileThatIsNotThere) {
  const TestCertificate certificate;
  const TlsServer server = start_openssl(certificate);
  SKIP_WITHOUT(server);
  const Fetched fetched = fetch_with("/no/such/file.pem", server.url);
  ASSERT_EQ(fetched.code(), "provider_tls_failed");
  EXPECT_NE(fetched.error->message.find("/no/such/file.pem"), std::string::npos) << fetched.error->message;
}

TEST(HttpClientTlsTest, APlainServerIsNoTlsServer) {
  const TestServer server([](TestConnection& connection, std::size_t) {
    connection.send("HTTP/1.1 400 Bad Request\r\n\r\n");
    connection.wait_for_close();
  });
  EXPECT_EQ(fetch_with("", "https://" + server.place() + "/").code(), "provider_tls_failed");
}

TEST(HttpClientTlsTest, AHandshakeCutOffIsAConnectionLost) {
  for (const bool is_reset : {true, false}) {
    const TestServer server([is_reset](TestConnection& connection, std::size_t) {
      if (is_reset) connection.reset();
    });
    EXPECT_EQ(fetch_with("", "https://" + server.place() + "/").code(), "provider_unreachable") << is_reset;
  }
}

// ---- HTTP/2 ------------------------------------------------------------------------------------

class HttpClientHttp2Test : public ::testing::Test {
 protected:
  void SetUp() override {
    std::ofstream(certificate_.folder() / "small.txt") << "small";
    std::ofstream(certificate_.folder() / "large.bin") << std::string(kLargeBytes, 'x');
    server_ = start_nghttpd(certificate_);
    SKIP_WITHOUT(server_);
    HttpClientOptions options;
    options.ca_file = certificate_.certificate_file();
    client_ = std::make_unique<HttpClient>(io_.get_executor(), options);
  }
  Fetched fetch_now(const std::string& path) {
    return run_awaitable(io_, fetch(client_.get(), get(server_.url + path)));
  }

  static constexpr std::size_t kLargeBytes = std::size_t{20} << 20;
  TestCertificate certificate_;
  TlsServer server_;
  asio::io_context io_{1};
  std::unique_ptr<HttpClient> client_;
};

TEST_F(HttpClientHttp2Test, IsSpokenWhereOfferedAndReusesTheConnection) {
  const Fetched first = fetch_now("small.txt");
  const Fetched second = fetch_now("small.txt");
  const Fetched missing = fetch_now("missing.txt");
  EXPECT_EQ(first.code(), "");
  EXPECT_EQ(first.head->http_version, "2");
  EXPECT_EQ(first.body, "small");
  EXPECT_FALSE(first.head->connection_reused);
  EXPECT_TRUE(second.head->connection_reused);
  EXPECT_EQ(second.body, "small");
  EXPECT_EQ(missing.head->status, 404U);
}

TEST_F(HttpClientHttp2Test, IsNotSpokenWhereSwitchedOff) {
  HttpClientOptions options;
  options.ca_file = certificate_.certificate_file();
  options.http2 = false;
  HttpClient client(io_.get_executor(), options);
  const Fetched fetched = run_awaitable(io_, fetch(&client, get(server_.url + "small.txt")));
  EXPECT_FALSE(fetched.head) << "this server speaks nothing else";
}

asio::awaitable<std::size_t> read_slowly(HttpStream* stream, std::size_t* held_most) {
  const auto executor = co_await asio::this_coro::executor;
  std::size_t total = 0;
  std::string buffer;
  while (true) {
    const auto more = co_await stream->read(buffer);
    total += buffer.size();
    if (!more || !*more) co_return total;
    for (int i = 0; i < 20; ++i) co_await asio::post(executor, asio::use_awaitable);
    *held_most = std::max(*held_most, stream->buffered_bytes());
  }
}

TEST_F(HttpClientHttp2Test, ASlowReaderIsBoundedAndHoldsUpNobodyElse) {
  HttpRequest request = get(server_.url + "large.bin");
  request.limits.pause_above_bytes = 100'000;
  auto slow = client_->start(request);
  ASSERT_TRUE(slow);
  io_.restart();
  while (slow->buffered_bytes() < 100'000 && io_.run_one() != 0) {
  }
  while (io_.poll() != 0) {
  }
  EXPECT_LE(slow->buffered_bytes(), 100'000U + 16'384U);

  const Fetched quick = fetch_now("small.txt");
  EXPECT_EQ(quick.body, "small");
  EXPECT_FALSE(quick.head->connection_reused) << "a connection carries one exchange at a time";
  std::size_t held_most = 0;
  EXPECT_EQ(run_awaitable(io_, read_slowly(&*slow, &held_most)), kLargeBytes);
  EXPECT_LE(held_most, 100'000U + 16'384U);
}

TEST_F(HttpClientHttp2Test, CancelClosesTheConnection) {
  HttpRequest request = get(server_.url + "large.bin");
  request.limits.pause_above_bytes = 100'000;
  auto stream = client_->start(request);
  ASSERT_TRUE(stream);
  io_.restart();
  while (stream->buffered_bytes() < 100'000 && io_.run_one() != 0) {
  }
  stream->cancel();
  const Fetched next = fetch_now("small.txt");
  EXPECT_EQ(next.body, "small");
  EXPECT_FALSE(next.head->connection_reused);
}

TEST_F(HttpClientHttp2Test, AServerThatDiesCutsTheBodyOff) {
  HttpRequest request = get(server_.url + "large.bin");
  request.limits.pause_above_bytes = 100'000;
  auto stream = client_->start(request);
  ASSERT_TRUE(stream);
  io_.restart();
  while (stream->buffered_bytes() < 100'000 && io_.run_one() != 0) {
  }
  server_.process.reset();
  std::size_t held_most = 0;
  EXPECT_LT(run_awaitable(io_, read_slowly(&*stream, &held_most)), kLargeBytes);
}

}  // namespace
}  // namespace orchestrator::harness::runtime
