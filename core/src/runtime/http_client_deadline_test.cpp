// SPDX-License-Identifier: Apache-2.0
// Goal: each deadline fires by itself, closes the socket, and names itself; progress re-arms idleness
// and bytes alone do not. Method: small real deadlines against servers that stay silent; no
// assertion bounds a time from above.

#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <chrono>
#include <string>
#include <utility>

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
using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

const std::string kChunkedHead = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";

HttpRequest request_to(std::string url) {
  HttpRequest request;
  request.url = std::move(url);
  return request;
}

// Sends what is given, then waits until the client has closed.
TestServer::Handler falling_silent(std::string answer, Gate* closed) {
  return [answer = std::move(answer), closed](TestConnection& connection, std::size_t) {
    connection.read_request();
    connection.send(answer);
    if (connection.wait_for_close()) closed->open();
  };
}

class HttpClientDeadlineTest : public ::testing::Test {
 protected:
  Fetched fetch_now(HttpRequest request) { return run_awaitable(io_, fetch(&client_, std::move(request))); }

  asio::io_context io_{1};
  HttpClient client_{io_.get_executor()};
};

TEST_F(HttpClientDeadlineTest, Connect) {
  // The kernel completes a few connections for a listener that never accepts; then it drops them.
  const TestServer full(nullptr, TestServer::Family::ipv4, 0);
  std::vector<HttpStream> fillers;
  HttpRequest patient = request_to(full.url());
  for (int i = 0; i < 4; ++i) {
    auto filler = client_.start(patient);
    ASSERT_TRUE(filler);
    fillers.push_back(std::move(*filler));
    io_.poll();
  }
  HttpRequest request = request_to(full.url());
  request.timeouts.connect_ms = 50;
  const auto before = Clock::now();
  const Fetched fetched = fetch_now(std::move(request));
  EXPECT_GE(Clock::now() - before, milliseconds(50));
  ASSERT_EQ(fetched.code(), "provider_connect_timeout");
  EXPECT_NE(fetched.error->message.find(full.place()), std::string::npos) << fetched.error->message;
}

TEST_F(HttpClientDeadlineTest, FirstByte) {
  Gate closed;
  const TestServer server(falling_silent("", &closed));
  HttpRequest request = request_to(server.url());
  request.timeouts.first_byte_ms = 50;
  const Fetched fetched = fetch_now(std::move(request));
  ASSERT_EQ(fetched.code(), "provider_first_byte_timeout");
  EXPECT_NE(fetched.error->message.find("50 ms"), std::string::npos);
  EXPECT_TRUE(closed.wait());
}

TEST_F(HttpClientDeadlineTest, FirstByteIsTheEndOfTheFinalHead) {
  Gate closed;
  const TestServer server(falling_silent("HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 200 OK\r\nX-A: ", &closed));
  HttpRequest request = request_to(server.url());
  request.timeouts.first_byte_ms = 50;
  EXPECT_EQ(fetch_now(std::move(request)).code(), "provider_first_byte_timeout");
  EXPECT_TRUE(closed.wait());
}

TEST_F(HttpClientDeadlineTest, IdleAfterTheHead) {
  Gate closed;
  const TestServer server(falling_silent(kChunkedHead + "5\r\nhello\r\n", &closed));
  HttpRequest request = request_to(server.url());
  request.timeouts.idle_ms = 50;
  const Fetched fetched = fetch_now(std::move(request));
  EXPECT_EQ(fetched.body, "hello");
  EXPECT_EQ(fetched.code(), "provider_stalled");
  EXPECT_TRUE(closed.wait());
}

asio::awaitable<std::string> read_without_head(HttpStream* stream) {
  std::string buffer;
  const auto more = co_await stream->read(buffer);
  co_return more ? buffer : more.error().code;
}

TEST_F(HttpClientDeadlineTest, IdleCountsFromTheHeadAlsoForAReaderThatCameEarlier) {
  Gate closed;
  const TestServer server(falling_silent(kChunkedHead, &closed));
  HttpRequest request = request_to(server.url());
  request.timeouts.connect_ms = 600'000;  // beyond the test's patience
  request.timeouts.idle_ms = 50;
  auto stream = client_.start(std::move(request));
  ASSERT_TRUE(stream);
  EXPECT_EQ(run_awaitable(io_, read_without_head(&*stream)), "provider_stalled");
}

struct Endless {
  std::size_t pieces = 0;
  std::string code;
};

asio::awaitable<Endless> read_comments(HttpStream* stream, std::size_t progress_until) {
  Endless outcome;
  std::string buffer;
  while (true) {
    const auto more = co_await stream->read(buffer);
    if (!more) outcome.code = more.error().code;
    if (!more || !*more) co_return outcome;
    if (++outcome.pieces <= progress_until) stream->progress();
  }
}

TEST_F(HttpClientDeadlineTest, CommentsAreNoProgress) {
  const TestServer server([](TestConnection& connection, std::size_t) {
    connection.read_request();
    connection.send(kChunkedHead + "d\r\n: still here\n\r\n");
    while (!connection.wait_for_close_for(milliseconds(5)) && connection.send_chunk(": still here\n\n")) {
    }
  });
  HttpRequest request = request_to(server.url());
  request.timeouts.idle_ms = 100;
  auto stream = client_.start(std::move(request));
  ASSERT_TRUE(stream);
  const Endless outcome = run_awaitable(io_, read_comments(&*stream, 0));
  EXPECT_EQ(outcome.code, "provider_stalled");
  EXPECT_GE(outcome.pieces, 1U);
}

TEST_F(HttpClientDeadlineTest, ProgressKeepsAStreamAliveBeyondItsIdleDeadline) {
  // A starved machine may let any one attempt stall; without progress, each of them would.
  constexpr std::size_t kPieces = 20;
  constexpr int kAttemptsMax = 30;
  const TestServer server([](TestConnection& connection, std::size_t) {
    connection.read_request();
    connection.send(kChunkedHead);
    for (std::size_t i = 0; i < kPieces; ++i) {
      if (connection.wait_for_close_for(milliseconds(20)) || !connection.send_chunk("data")) return;
    }
    connection.wait_for_close();
  });
  bool has_outlived = false;
  for (int attempt = 0; attempt < kAttemptsMax && !has_outlived; ++attempt) {
    HttpRequest request = request_to(server.url());
    request.timeouts.idle_ms = 200;
    auto stream = client_.start(std::move(request));
    ASSERT_TRUE(stream);
    const auto before = Clock::now();
    const Endless outcome = run_awaitable(io_, read_comments(&*stream, kPieces));
    EXPECT_EQ(outcome.code, "provider_stalled");
    has_outlived = outcome.pieces == kPieces && Clock::now() - before >= milliseconds(600);
  }
  EXPECT_TRUE(has_outlived);
}

TEST_F(HttpClientDeadlineTest, TotalEndsAnAnswerThatMakesProgress) {
  Gate closed;
  const TestServer server([&closed](TestConnection& connection, std::size_t) {
    connection.read_request();
    connection.send(kChunkedHead);
    while (!connection.wait_for_close_for(milliseconds(5)) && connection.send_chunk("data")) {
    }
    closed.open();
  });
  HttpRequest request = request_to(server.url());
  request.timeouts.total_ms = 100;
  const Fetched fetched = fetch_now(std::move(request));
  ASSERT_EQ(fetched.code(), fetched.head ? "provider_stalled" : "provider_first_byte_timeout");
  EXPECT_NE(fetched.error->message.find("no complete answer"), std::string::npos);
  EXPECT_TRUE(closed.wait());
}

TEST_F(HttpClientDeadlineTest, TotalEndsAWaitForTheHead) {
  Gate closed;
  const TestServer server(falling_silent("", &closed));
  HttpRequest request = request_to(server.url());
  request.timeouts.total_ms = 50;
  EXPECT_EQ(fetch_now(std::move(request)).code(), "provider_first_byte_timeout");
}

// ---- the reader's own deadline -----------------------------------------------------------------

struct Flushes {
  std::size_t empty = 0;
  std::string body;
  bool ended = false;
};

asio::awaitable<Flushes> read_with_flushes(HttpStream* stream, Gate* go_on) {
  Flushes outcome;
  std::string buffer = "old";
  while (true) {
    const auto until = Clock::now() + milliseconds(20);
    const auto more = co_await stream->read(buffer, until);
    if (!more) co_return outcome;
    if (!*more) {
      outcome.ended = true;
      co_return outcome;
    }
    if (buffer.empty()) {
      EXPECT_GE(Clock::now(), until);
      if (++outcome.empty == 3) go_on->open();
    }
    outcome.body += buffer;
  }
}

TEST_F(HttpClientDeadlineTest, AReadersDeadlineEndsOneReadAndNothingElse) {
  Gate go_on;
  const TestServer server([&go_on](TestConnection& connection, std::size_t) {
    connection.read_request();
    connection.send(kChunkedHead);
    connection.send_chunk("one ");
    go_on.wait();
    connection.send_chunk("two");
    connection.send("0\r\n\r\n");
  });
  auto stream = client_.start(request_to(server.url()));
  ASSERT_TRUE(stream);
  const Flushes outcome = run_awaitable(io_, read_with_flushes(&*stream, &go_on));
  EXPECT_GE(outcome.empty, 3U);
  EXPECT_EQ(outcome.body, "one two");
  EXPECT_TRUE(outcome.ended);
}

asio::awaitable<bool> read_in_the_past(HttpStream* stream) {
  std::string buffer = "old";
  const auto more = co_await stream->read(buffer, Clock::now() - milliseconds(1));
  co_return more && *more&& buffer.empty();
}

TEST_F(HttpClientDeadlineTest, ADeadlineInThePastNeverWaits) {
  Gate closed;
  const TestServer server(falling_silent(kChunkedHead, &closed));
  auto stream = client_.start(request_to(server.url()));
  ASSERT_TRUE(stream);
  EXPECT_TRUE(run_awaitable(io_, read_in_the_past(&*stream)));
  stream->cancel();
}

}  // namespace
}  // namespace orchestrator::harness::runtime
