// SPDX-License-Identifier: Apache-2.0
// Goal: broken, hostile and endless answers end in the right error, memory stays bounded, and bad
// requests never reach the wire. Method: a scripted TCP server on loopback.

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <string>
#include <utility>
#include <vector>

#include "runtime/http_client.hpp"
#include "runtime/testing/http_fetch.hpp"
#include "runtime/testing/run_awaitable.hpp"
#include "runtime/testing/test_server.hpp"

namespace orchestrator::harness::runtime {
namespace {

namespace asio = boost::asio;
using testing::fetch;
using testing::Fetched;
using testing::Gate;
using testing::run_awaitable;
using testing::TestConnection;
using testing::TestServer;

const std::string kChunkedHead = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";

HttpRequest request_to(std::string url) {
  HttpRequest request;
  request.url = std::move(url);
  request.headers = {{"Authorization", "Bearer canary-key"}};
  request.body = "{}";
  return request;
}

class HttpClientLimitsTest : public ::testing::Test {
 protected:
  Fetched fetch_now(HttpRequest request) { return run_awaitable(io_, fetch(&client_, std::move(request))); }
  Fetched fetch_from(TestServer::Handler handler) {
    const TestServer server(std::move(handler));
    Fetched fetched = fetch_now(request_to(server.url("/path?key=canary-query")));
    if (fetched.error) {
      EXPECT_EQ(fetched.error->at, server.place());
      EXPECT_NE(fetched.error->message.find(server.place()), std::string::npos) << fetched.error->message;
      EXPECT_EQ(fetched.error->message.find("canary"), std::string::npos) << fetched.error->message;
      EXPECT_TRUE(follows_mapping(*fetched.error));
    }
    return fetched;
  }

  // Runs the context, with nobody reading, until the stream holds so much and wants no more.
  void fill(const HttpStream& stream, std::size_t bytes) {
    io_.restart();
    while (stream.buffered_bytes() < bytes && io_.run_one() != 0) {
    }
    while (io_.poll() != 0) {
    }
  }

  asio::io_context io_{1};
  HttpClient client_{io_.get_executor()};
};

// ---- broken answers ----------------------------------------------------------------------------

TEST_F(HttpClientLimitsTest, NobodyListening) {
  std::string url;
  {
    const TestServer gone(TestServer::answering(""));
    url = gone.url();
  }
  const Fetched fetched = fetch_now(request_to(url));
  ASSERT_EQ(fetched.code(), "provider_unreachable");
  EXPECT_NE(fetched.error->message.find("cannot connect to 127.0.0.1:"), std::string::npos) << fetched.error->message;
}

TEST_F(HttpClientLimitsTest, UnknownHost) {
  const Fetched fetched = fetch_now(request_to("http://no-such-host.invalid/"));
  ASSERT_EQ(fetched.code(), "provider_unreachable");
  EXPECT_NE(fetched.error->message.find("no-such-host.invalid:80"), std::string::npos);
}

TEST_F(HttpClientLimitsTest, ConnectionLostBeforeTheHead) {
  EXPECT_EQ(fetch_from([](TestConnection& connection, std::size_t) { connection.read_request(); }).code(),
            "provider_unreachable");
  EXPECT_EQ(fetch_from([](TestConnection& connection, std::size_t) {
              connection.read_request();
              connection.reset();
            }).code(),
            "provider_unreachable");
}

TEST_F(HttpClientLimitsTest, ConnectionLostInsideTheHead) {
  const Fetched fetched = fetch_from(TestServer::answering_once("HTTP/1.1 200 OK\r\nContent-Le"));
  EXPECT_FALSE(fetched.head);
  EXPECT_TRUE(fetched.code() == "provider_unreachable" || fetched.code() == "provider_bad_framing") << fetched.code();
}

TEST_F(HttpClientLimitsTest, ChunkedBodyCutOff) {
  for (const char* body : {"5\r\nhello\r\n", "5\r\nhel", "5\r\nhello\r\n0\r\n", "5\r\nhello\r\n0\r\nTrailer: x\r\n"}) {
    const Fetched fetched = fetch_from(TestServer::answering_once(kChunkedHead + body));
    EXPECT_TRUE(fetched.head);
    EXPECT_EQ(fetched.body, std::string("hello").substr(0, fetched.body.size())) << body;
    EXPECT_GE(fetched.body.size(), 3U);
    EXPECT_EQ(fetched.code(), "provider_stream_truncated") << body;
  }
}

TEST_F(HttpClientLimitsTest, ResetInsideTheBody) {
  const Fetched fetched = fetch_from([](TestConnection& connection, std::size_t) {
    connection.read_request();
    connection.send(kChunkedHead);
    connection.reset();
  });
  // A reset may overtake the head that was sent before it.
  EXPECT_EQ(fetched.code(), fetched.head ? "provider_stream_truncated" : "provider_unreachable");
}

TEST_F(HttpClientLimitsTest, ContentLengthTooLarge) {
  const Fetched fetched = fetch_from(TestServer::answering_once("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello"));
  EXPECT_EQ(fetched.body, "hello");
  EXPECT_EQ(fetched.code(), "provider_stream_truncated");
}

TEST_F(HttpClientLimitsTest, ContentLengthTooSmallDropsTheRest) {
  const Fetched fetched = fetch_from(TestServer::answering_once("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhello"));
  EXPECT_EQ(fetched.body, "he");
  EXPECT_EQ(fetched.code(), "");
}

TEST_F(HttpClientLimitsTest, BrokenChunkSizes) {
  for (const char* size : {"FFFFFFFFFFFFFFFF", "-1", "0x10", "0x0", "5 5", "zz", ""}) {
    const Fetched fetched =
        fetch_from(TestServer::answering_once(kChunkedHead + "2\r\nok\r\n" + size + "\r\nhello\r\n0\r\n\r\n"));
    if (std::string_view(size) == "5 5") {
      EXPECT_EQ(fetched.body, "okhello") << "white space before an extension is allowed";
      continue;
    }
    EXPECT_TRUE(fetched.head);
    EXPECT_EQ(fetched.code(), "provider_bad_framing") << size;
  }
}

TEST_F(HttpClientLimitsTest, AnswersThatAreNotHttp) {
  for (const char* answer : {"220 mail.example ESMTP\r\n", "HTTP/9.9 200 OK\r\n\r\n", "\r\n\r\n\r\n",
                             "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n",
                             "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 1\r\n\r\nx",
                             "HTTP/1.1 200 OK\r\nContent-Length: nine\r\n\r\nx"}) {
    const Fetched fetched = fetch_from(TestServer::answering_once(answer));
    EXPECT_FALSE(fetched.head) << answer;
    EXPECT_EQ(fetched.code(), "provider_bad_framing") << answer << " " << fetched.error->message;
  }
}

// ---- limits ------------------------------------------------------------------------------------

TEST_F(HttpClientLimitsTest, EndlessHeaders) {
  const Fetched fetched = fetch_from([](TestConnection& connection, std::size_t) {
    connection.read_request();
    connection.send("HTTP/1.1 200 OK\r\n");
    const std::string line = "X-Header: " + std::string(900, 'x') + "\r\n";
    while (connection.send(line)) {
    }
  });
  EXPECT_EQ(fetched.code(), "provider_response_too_large");
}

TEST_F(HttpClientLimitsTest, TooManyHeaders) {
  std::string answer = "HTTP/1.1 200 OK\r\n";
  for (int i = 0; i < 250; ++i) answer += "A: b\r\n";
  EXPECT_EQ(fetch_from(TestServer::answering_once(answer + "\r\n")).code(), "provider_response_too_large");
}

TEST_F(HttpClientLimitsTest, OneEndlessHeaderLine) {
  const Fetched fetched = fetch_from([](TestConnection& connection, std::size_t) {
    connection.read_request();
    connection.send("HTTP/1.1 200 OK\r\nX-Header: ");
    const std::string piece(1000, 'x');
    while (connection.send(piece)) {
    }
  });
  EXPECT_EQ(fetched.code(), "provider_response_too_large");
}

TEST_F(HttpClientLimitsTest, FloodOfInformationalHeads) {
  const Fetched fetched = fetch_from([](TestConnection& connection, std::size_t) {
    connection.read_request();
    while (connection.send("HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n")) {
    }
  });
  EXPECT_EQ(fetched.code(), "provider_response_too_large");
}

TEST_F(HttpClientLimitsTest, BodyBeyondTheCapIsCutThere) {
  for (const bool is_chunked : {true, false}) {
    const TestServer server([is_chunked](TestConnection& connection, std::size_t) {
      connection.read_request();
      connection.send(is_chunked ? kChunkedHead : "HTTP/1.1 200 OK\r\n\r\n");
      const std::string piece(10'000, 'x');
      while (is_chunked ? connection.send_chunk(piece) : connection.send(piece)) {
      }
    });
    HttpRequest request = request_to(server.url());
    request.limits.body_bytes = 1'000'001;
    const Fetched fetched = fetch_now(std::move(request));
    EXPECT_EQ(fetched.body.size(), 1'000'001U);
    EXPECT_EQ(fetched.code(), "provider_response_too_large");
  }
}

TEST_F(HttpClientLimitsTest, BodyOfExactlyTheCap) {
  const TestServer server(TestServer::answering_once("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"));
  HttpRequest request = request_to(server.url());
  request.limits.body_bytes = 5;
  EXPECT_EQ(fetch_now(std::move(request)).body, "hello");
}

TEST_F(HttpClientLimitsTest, StreamsBeyondTheMaximumAreRefused) {
  HttpClientOptions options;
  options.streams_max = 1;
  HttpClient client(io_.get_executor(), options);
  Gate closed;
  const TestServer server([&closed](TestConnection& connection, std::size_t) {
    if (connection.wait_for_close()) closed.open();
  });
  auto first = client.start(request_to(server.url()));
  const auto second = client.start(request_to(server.url()));
  ASSERT_TRUE(first);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, "limit_exceeded");
  first->cancel();
  EXPECT_TRUE(client.start(request_to(server.url())));
}

// ---- back-pressure -----------------------------------------------------------------------------

asio::awaitable<std::string> read_first(HttpStream* stream) {
  std::string buffer;
  const auto more = co_await stream->read(buffer);
  co_return more && *more ? buffer : std::string();
}

struct SlowRead {
  std::size_t total = 0;
  std::size_t held_most = 0;  // by the stream while its reader was away
  std::string code;
};

asio::awaitable<SlowRead> read_slowly(HttpStream* stream) {
  const auto executor = co_await asio::this_coro::executor;
  SlowRead outcome;
  std::string buffer;
  while (true) {
    const auto more = co_await stream->read(buffer);
    outcome.total += buffer.size();
    if (!more) outcome.code = more.error().code;
    if (!more || !*more) co_return outcome;
    // The reader is busy: everything that the socket has to give gets a chance to be buffered.
    for (int i = 0; i < 50; ++i) co_await asio::post(executor, asio::use_awaitable);
    outcome.held_most = std::max(outcome.held_most, stream->buffered_bytes());
  }
}

TEST_F(HttpClientLimitsTest, ASlowReaderStopsTheServerAndLosesNothing) {
  constexpr std::size_t kPieces = 24'000;
  const std::string piece(1000, 'x');
  for (const bool is_chunked : {true, false}) {
    std::atomic<std::size_t> pieces_sent = 0;
    const TestServer server([&](TestConnection& connection, std::size_t) {
      connection.read_request();
      connection.send(is_chunked ? kChunkedHead : "HTTP/1.1 200 OK\r\n\r\n");
      for (; pieces_sent < kPieces; ++pieces_sent) {
        if (!(is_chunked ? connection.send_chunk(piece) : connection.send(piece))) return;
      }
      if (is_chunked) connection.send("0\r\n\r\n");
    });
    HttpRequest request = request_to(server.url());
    request.limits.pause_above_bytes = 100'000;
    auto stream = client_.start(std::move(request));
    ASSERT_TRUE(stream);

    // Nobody reads: the stream fills up to its bound and the server gets no further.
    fill(*stream, 100'000);
    EXPECT_GE(stream->buffered_bytes(), 100'000U);
    EXPECT_LE(stream->buffered_bytes(), 100'000U + 16'384U);
    EXPECT_LT(pieces_sent, kPieces);

    const SlowRead outcome = run_awaitable(io_, read_slowly(&*stream));
    EXPECT_EQ(outcome.code, "");
    EXPECT_EQ(outcome.total, kPieces * piece.size());
    EXPECT_LE(outcome.held_most, 100'000U + 16'384U);
  }
}

TEST_F(HttpClientLimitsTest, APausedStreamCanBeCancelled) {
  Gate closed;
  const TestServer server([&closed](TestConnection& connection, std::size_t) {
    connection.read_request();
    connection.send("HTTP/1.1 200 OK\r\n\r\n");
    const std::string piece(10'000, 'x');
    while (connection.send(piece)) {
    }
    closed.open();
  });
  HttpRequest request = request_to(server.url());
  request.limits.pause_above_bytes = 10'000;
  auto stream = client_.start(std::move(request));
  ASSERT_TRUE(stream);
  fill(*stream, 10'000);
  stream->cancel();
  EXPECT_TRUE(closed.wait());
  EXPECT_EQ(stream->buffered_bytes(), 0U);
}

TEST_F(HttpClientLimitsTest, APausedStreamHoldsUpNobodyElse) {
  const TestServer server([](TestConnection& connection, std::size_t) {
    const auto request = connection.read_request();
    if (request->target == "/quick") {
      connection.send("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nquick");
      return;
    }
    connection.send("HTTP/1.1 200 OK\r\n\r\n");
    const std::string piece(10'000, 'x');
    while (connection.send(piece)) {
    }
  });
  HttpRequest slow = request_to(server.url("/slow"));
  slow.limits.pause_above_bytes = 10'000;
  auto stream = client_.start(std::move(slow));
  ASSERT_TRUE(stream);
  fill(*stream, 10'000);
  EXPECT_EQ(fetch_now(request_to(server.url("/quick"))).body, "quick");
  EXPECT_GE(run_awaitable(io_, read_first(&*stream)).size(), 10'000U);
}

// ---- requests that are refused -----------------------------------------------------------------

TEST_F(HttpClientLimitsTest, RefusesBadRequestsWithoutRepeatingSecrets) {
  const TestServer server(TestServer::answering(""));
  std::vector<HttpRequest> bad;
  for (const std::string& url :
       {std::string(), std::string("example.com/x"), std::string("ftp://example.com/"),
        std::string("file:///etc/passwd"), std::string("http://"), "http://canary@" + server.place() + "/",
        "http://u:canary@" + server.place() + "/", "http://" + server.place() + std::string("/\0canary", 8),
        "http://" + server.place() + "/a b\r\ncanary: x", "http://" + server.place() + "/" + std::string(9000, 'x'),
        std::string("http://[::1/"), std::string("http://example.com:99999/")}) {
    bad.push_back(request_to(url));
  }
  for (const HttpHeader& header : {HttpHeader{"", "canary"}, HttpHeader{"X Y", "canary"}, HttpHeader{"X:", "canary"},
                                   HttpHeader{"X", "a\r\nB: canary"}, HttpHeader{"X", std::string("canary\0", 7)},
                                   HttpHeader{"Content-Length", "5"}, HttpHeader{"transfer-encoding", "chunked"},
                                   HttpHeader{"Expect", "100-continue"}, HttpHeader{"X", std::string(70'000, 'c')}}) {
    bad.push_back(request_to(server.url()));
    bad.back().headers.push_back(header);
  }
  bad.push_back(request_to(server.url()));
  bad.back().method = "GE T";
  bad.push_back(request_to(server.url()));
  bad.back().timeouts.idle_ms = 0;

  for (HttpRequest& request : bad) {
    const std::string shown = request.url.substr(0, 60) + " " + request.headers.back().name;
    const auto refused = client_.start(std::move(request));
    ASSERT_FALSE(refused) << shown;
    EXPECT_EQ(refused.error().code, "invalid_argument") << shown;
    EXPECT_EQ(refused.error().message.find("canary"), std::string::npos) << refused.error().message;
  }
  EXPECT_EQ(server.connections(), 0U);
  EXPECT_EQ(client_.active(), 0U);
}

}  // namespace
}  // namespace orchestrator::harness::runtime
