// SPDX-License-Identifier: Apache-2.0
// Goal: one exchange gives what the server sent, the connection is reused, and whoever lets go of a
// stream closes its socket at once. Method: a scripted TCP server on loopback.

#include "runtime/http_client.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <chrono>
#include <exception>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

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
using testing::TestRequest;
using testing::TestServer;
using Clock = std::chrono::steady_clock;

constexpr std::string_view kChunkedHead =
    "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n";
constexpr std::string_view kLastChunk = "0\r\n\r\n";

HttpRequest request_to(std::string url) {
  HttpRequest request;
  request.url = std::move(url);
  request.headers = {{"Content-Type", "application/json"}, {"Authorization", "Bearer secret"}};
  request.body = R"({"stream":true})";
  return request;
}

class HttpClientTest : public ::testing::Test {
 protected:
  Fetched fetch_now(HttpRequest request) { return run_awaitable(io_, fetch(&client_, std::move(request))); }
  HttpStream start(HttpRequest request) {
    auto stream = client_.start(std::move(request));
    EXPECT_TRUE(stream.has_value());
    return stream ? std::move(*stream) : HttpStream();
  }

  asio::io_context io_{1};
  HttpClient client_{io_.get_executor()};
};

TEST_F(HttpClientTest, GivesHeadAndBodyOfAPlainAnswer) {
  TestServer server(TestServer::answering("HTTP/1.1 200 OK\r\nContent-Length: 5\r\nX-Request-Id:  abc \r\n\r\nhello"));

  const Fetched fetched = fetch_now(request_to(server.url("/v1/responses?x=1")));

  ASSERT_TRUE(fetched.head);
  EXPECT_EQ(fetched.head->status, 200U);
  EXPECT_EQ(fetched.head->http_version, "1.1");
  ASSERT_NE(fetched.head->find("x-request-id"), nullptr);
  EXPECT_EQ(*fetched.head->find("x-request-id"), "abc");
  EXPECT_EQ(fetched.head->find("absent"), nullptr);
  EXPECT_EQ(fetched.body, "hello");
  EXPECT_EQ(fetched.code(), "");
  EXPECT_EQ(client_.active(), 0U);
}

TEST_F(HttpClientTest, ConnectsToTheAddressThatIsNamedAndSendsTheHostOfTheUrl) {
  std::string host;
  TestServer server([&](TestConnection& connection, std::size_t) {
    host = connection.read_request()->headers["host"];
    connection.send("HTTP/1.1 204 No Content\r\n\r\n");
  });
  HttpRequest request = request_to("http://name.invalid:" + std::to_string(server.port()) + "/");
  request.connect_address = "127.0.0.1";
  const Fetched fetched = fetch_now(request);
  ASSERT_TRUE(fetched.head);
  EXPECT_EQ(host, "name.invalid:" + std::to_string(server.port()));

  request.connect_address = "localhost";
  EXPECT_EQ(client_.start(std::move(request)).error().at, "connect_address");
}

TEST_F(HttpClientTest, SendsMethodTargetHeadersAndBodyAsGiven) {
  std::vector<TestRequest> seen;
  TestServer server([&seen](TestConnection& connection, std::size_t) {
    while (auto request = connection.read_request()) {
      seen.push_back(*request);
      connection.send("HTTP/1.1 204 No Content\r\n\r\n");
    }
  });
  HttpRequest post = request_to(server.url("/v1/responses?x=1"));
  post.headers.push_back({"X-Empty", ""});
  HttpRequest get = request_to(server.url("/health"));
  get.method = "GET";
  get.body.clear();
  get.headers.clear();

  EXPECT_EQ(fetch_now(std::move(post)).code(), "");
  EXPECT_EQ(fetch_now(std::move(get)).code(), "");

  ASSERT_EQ(seen.size(), 2U);
  EXPECT_EQ(seen[0].method, "POST");
  EXPECT_EQ(seen[0].target, "/v1/responses?x=1");
  EXPECT_EQ(seen[0].body, R"({"stream":true})");
  EXPECT_EQ(seen[0].headers.at("content-type"), "application/json");
  EXPECT_EQ(seen[0].headers.at("authorization"), "Bearer secret");
  EXPECT_EQ(seen[0].headers.at("accept-encoding"), "identity");
  EXPECT_EQ(seen[0].headers.at("x-empty"), "");
  EXPECT_TRUE(seen[0].headers.at("user-agent").starts_with("orchestrator-ai-harness/"));
  EXPECT_FALSE(seen[0].headers.contains("expect"));
  EXPECT_EQ(seen[1].method, "GET");
  EXPECT_FALSE(seen[1].headers.contains("content-type"));
  EXPECT_EQ(seen[1].body, "");
}

TEST_F(HttpClientTest, SendsABodyOfSeveralMegabytesWithoutExpect) {
  std::size_t received = 0;
  bool has_expect = true;
  TestServer server([&](TestConnection& connection, std::size_t) {
    const auto request = connection.read_request();
    received = request->body.size();
    has_expect = request->headers.contains("expect");
    connection.send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
  });
  HttpRequest request = request_to(server.url());
  request.body = std::string(std::size_t{5} << 20, 'x');

  EXPECT_EQ(fetch_now(std::move(request)).code(), "");
  EXPECT_EQ(received, std::size_t{5} << 20);
  EXPECT_FALSE(has_expect);
}

// Each piece must reach the reader before the server sends the next one.
asio::awaitable<std::vector<std::string>> read_pieces(HttpStream* stream, std::vector<Gate>* gates) {
  std::vector<std::string> pieces;
  std::string buffer;
  for (Gate& gate : *gates) {
    std::string piece;
    while (!piece.ends_with('\n')) {
      const auto more = co_await stream->read(buffer);
      if (!more || !*more) co_return pieces;
      piece += buffer;
    }
    pieces.push_back(piece);
    gate.open();
  }
  const auto end = co_await stream->read(buffer);
  if (end && !*end) pieces.push_back("end");
  co_return pieces;
}

TEST_F(HttpClientTest, HandsOutEachPieceAsItArrives) {
  std::vector<Gate> gates(3);
  TestServer server([&gates](TestConnection& connection, std::size_t) {
    connection.read_request();
    connection.send(kChunkedHead);
    for (std::size_t i = 0; i < gates.size(); ++i) {
      connection.send_chunk("data: " + std::to_string(i) + "\n");
      gates[i].wait();
    }
    connection.send(kLastChunk);
  });
  HttpStream stream = start(request_to(server.url()));

  const auto pieces = run_awaitable(io_, read_pieces(&stream, &gates));

  EXPECT_EQ(pieces, (std::vector<std::string>{"data: 0\n", "data: 1\n", "data: 2\n", "end"}));
}

TEST_F(HttpClientTest, ReusesAConnectionWhoseAnswerWasReadToItsEnd) {
  TestServer server(TestServer::answering(std::string(kChunkedHead) + "5\r\nhello\r\n" + std::string(kLastChunk)));

  const Fetched first = fetch_now(request_to(server.url()));
  const Fetched second = fetch_now(request_to(server.url()));

  EXPECT_EQ(first.body + second.body, "hellohello");
  EXPECT_EQ(server.connections(), 1U);
  EXPECT_FALSE(first.head->connection_reused);
  EXPECT_TRUE(second.head->connection_reused);
}

TEST_F(HttpClientTest, ConnectsAnewWhenTheServerClosedTheIdleConnection) {
  Gate closed;
  TestServer server([&closed](TestConnection& connection, std::size_t index) {
    connection.read_request();
    connection.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
    connection.close();
    if (index == 0) closed.open();
  });

  EXPECT_EQ(fetch_now(request_to(server.url())).body, "ok");
  ASSERT_TRUE(closed.wait());
  EXPECT_EQ(fetch_now(request_to(server.url())).body, "ok");
  EXPECT_EQ(server.connections(), 2U);
}

TEST_F(HttpClientTest, RefusesToReuseAConnectionWithBytesAfterTheAnswer) {
  const std::string extra = "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nsmuggled";
  for (const std::string& answer : {std::string("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok") + extra,
                                    std::string(kChunkedHead) + "2\r\nok\r\n" + std::string(kLastChunk) + extra}) {
    TestServer server(TestServer::answering(answer));
    EXPECT_EQ(fetch_now(request_to(server.url())).body, "ok");
    EXPECT_EQ(fetch_now(request_to(server.url())).body, "ok");
    EXPECT_EQ(server.connections(), 2U) << answer;
  }
}

TEST_F(HttpClientTest, EndsABodyThatRunsToTheEndOfTheConnection) {
  TestServer server(TestServer::answering_once("HTTP/1.0 200 OK\r\n\r\nuntil the end"));
  const Fetched fetched = fetch_now(request_to(server.url()));
  EXPECT_EQ(fetched.head->http_version, "1.0");
  EXPECT_EQ(fetched.body, "until the end");
  EXPECT_EQ(fetched.code(), "");
}

TEST_F(HttpClientTest, ReturnsARedirectAsAHeadAndDoesNotFollowIt) {
  TestServer other(TestServer::answering("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"));
  for (const char* status : {"301 Moved", "302 Found", "307 Temporary", "308 Permanent"}) {
    TestServer server(TestServer::answering("HTTP/1.1 " + std::string(status) + "\r\nLocation: " + other.url() +
                                            "\r\nContent-Length: 0\r\n\r\n"));
    const Fetched fetched = fetch_now(request_to(server.url()));
    ASSERT_TRUE(fetched.head) << status;
    EXPECT_EQ(fetched.head->status, static_cast<unsigned>(std::stoi(status)));
    EXPECT_EQ(*fetched.head->find("location"), other.url());
  }
  EXPECT_EQ(other.connections(), 0U);
}

TEST_F(HttpClientTest, SkipsInformationalHeads) {
  TestServer server(
      TestServer::answering("HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"
                            "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"));
  const Fetched fetched = fetch_now(request_to(server.url()));
  ASSERT_TRUE(fetched.head);
  EXPECT_EQ(fetched.head->status, 200U);
  EXPECT_EQ(fetched.head->find("link"), nullptr);
  EXPECT_EQ(fetched.body, "ok");
}

TEST_F(HttpClientTest, SpeaksToAnIpv6Address) {
  std::unique_ptr<TestServer> server;
  try {
    server = std::make_unique<TestServer>(TestServer::answering("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nv6"),
                                          TestServer::Family::ipv6);
  } catch (const std::runtime_error&) {
    GTEST_SKIP() << "no IPv6 loopback on this machine";
  }
  EXPECT_EQ(fetch_now(request_to(server->url())).body, "v6");
}

asio::awaitable<std::vector<Fetched>> fetch_all(HttpClient* client, std::string url, std::size_t count) {
  const auto executor = co_await asio::this_coro::executor;
  std::vector<Fetched> all(count);
  std::size_t left = count;
  asio::steady_timer done(executor, Clock::time_point::max());
  for (std::size_t i = 0; i < count; ++i) {
    asio::co_spawn(executor, fetch(client, request_to(url)),
                   [&all, &left, &done, i](std::exception_ptr, Fetched fetched) {
                     all[i] = std::move(fetched);
                     if (--left == 0) done.cancel();
                   });
  }
  boost::system::error_code ignored;
  co_await done.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
  co_return all;
}

TEST_F(HttpClientTest, StreamsTwoHundredAnswersAtOnce) {
  constexpr std::size_t kStreams = 200;
  // Nobody is answered in full before all have connected, so that all are under way together.
  std::atomic<std::size_t> arrived = 0;
  Gate all_there;
  TestServer server([&](TestConnection& connection, std::size_t) {
    connection.read_request();
    connection.send(kChunkedHead);
    connection.send_chunk("first ");
    if (++arrived == kStreams) all_there.open();
    all_there.wait();
    for (int i = 0; i < 20; ++i) connection.send_chunk("more ");
    connection.send(kLastChunk);
  });
  std::string expected = "first ";
  for (int i = 0; i < 20; ++i) expected += "more ";

  const auto all = run_awaitable(io_, fetch_all(&client_, server.url(), kStreams));

  EXPECT_EQ(server.connections(), kStreams);
  for (const Fetched& fetched : all) {
    EXPECT_EQ(fetched.code(), "");
    EXPECT_EQ(fetched.body, expected);
  }
}

// ---- letting go --------------------------------------------------------------------------------

// Sends a head and a first chunk, then waits until the client has closed.
TestServer::Handler hanging(Gate* closed) {
  return [closed](TestConnection& connection, std::size_t) {
    connection.read_request();
    connection.send(kChunkedHead);
    connection.send_chunk("first");
    if (connection.wait_for_close()) closed->open();
  };
}

asio::awaitable<std::string> read_first(HttpStream* stream) {
  std::string buffer;
  const auto more = co_await stream->read(buffer);
  co_return more && *more ? buffer : std::string("no data");
}

asio::awaitable<std::string> read_code(HttpStream* stream) {
  std::string buffer;
  const auto more = co_await stream->read(buffer);
  co_return more ? std::string() : more.error().code;
}

asio::awaitable<std::string> head_code(HttpStream* stream) {
  const auto head = co_await stream->head();
  co_return head ? std::string() : head.error().code;
}

TEST_F(HttpClientTest, CancelClosesTheSocketBeforeItReturns) {
  Gate closed;
  TestServer server(hanging(&closed));
  HttpStream stream = start(request_to(server.url()));
  ASSERT_EQ(run_awaitable(io_, read_first(&stream)), "first");

  stream.cancel();
  stream.cancel();

  EXPECT_TRUE(closed.wait()) << "the io_context did not run meanwhile";
  EXPECT_EQ(client_.active(), 0U);
  EXPECT_EQ(run_awaitable(io_, read_code(&stream)), "cancelled");
  EXPECT_EQ(run_awaitable(io_, head_code(&stream)), "cancelled");
}

TEST_F(HttpClientTest, DestroyingAStreamClosesItsSocket) {
  Gate closed;
  TestServer server(hanging(&closed));
  {
    HttpStream stream = start(request_to(server.url()));
    ASSERT_EQ(run_awaitable(io_, read_first(&stream)), "first");
    HttpStream moved = std::move(stream);
    EXPECT_EQ(client_.active(), 1U);
  }
  EXPECT_TRUE(closed.wait());
  EXPECT_EQ(client_.active(), 0U);
}

TEST_F(HttpClientTest, AssigningOverAStreamClosesItsSocket) {
  Gate closed;
  TestServer server(hanging(&closed));
  HttpStream stream = start(request_to(server.url()));
  ASSERT_EQ(run_awaitable(io_, read_first(&stream)), "first");
  stream = HttpStream();
  EXPECT_TRUE(closed.wait());
}

// Spawns a wait for the second piece, which never comes, and acts once the first one is there.
class PendingRead {
 public:
  PendingRead(asio::io_context* io, HttpStream* stream) {
    asio::co_spawn(*io, read_code(stream),
                   asio::bind_cancellation_slot(
                       signal.slot(), [this](std::exception_ptr, std::string text) { code = std::move(text); }));
    io->restart();
    io->poll();
  }
  asio::cancellation_signal signal;
  std::string code = "pending";
};

TEST_F(HttpClientTest, CancelEndsAPendingReadLater) {
  Gate closed;
  TestServer server(hanging(&closed));
  HttpStream stream = start(request_to(server.url()));
  ASSERT_EQ(run_awaitable(io_, read_first(&stream)), "first");
  PendingRead pending(&io_, &stream);

  stream.cancel();
  EXPECT_EQ(pending.code, "pending") << "the waiter runs from the context, not inside cancel()";
  EXPECT_TRUE(closed.wait());
  io_.restart();
  io_.run();

  EXPECT_EQ(pending.code, "cancelled");
}

TEST_F(HttpClientTest, AsioCancellationClosesTheSocketAndEndsTheRead) {
  Gate closed;
  TestServer server(hanging(&closed));
  HttpStream stream = start(request_to(server.url()));
  ASSERT_EQ(run_awaitable(io_, read_first(&stream)), "first");
  PendingRead pending(&io_, &stream);

  pending.signal.emit(asio::cancellation_type::terminal);
  io_.restart();
  io_.run();

  EXPECT_EQ(pending.code, "cancelled");
  EXPECT_TRUE(closed.wait());
}

TEST_F(HttpClientTest, DestroyingAStreamEndsTheWaitOnIt) {
  Gate closed;
  TestServer server(hanging(&closed));
  auto stream = std::make_unique<HttpStream>(start(request_to(server.url())));
  ASSERT_EQ(run_awaitable(io_, read_first(stream.get())), "first");
  PendingRead pending(&io_, stream.get());

  stream.reset();
  io_.restart();
  io_.run();

  EXPECT_EQ(pending.code, "cancelled");
}

TEST_F(HttpClientTest, CancelBeforeTheConnectionIsThere) {
  TestServer server(hanging(nullptr));
  HttpStream stream = start(request_to(server.url()));
  stream.cancel();
  EXPECT_EQ(run_awaitable(io_, head_code(&stream)), "cancelled");
  EXPECT_EQ(client_.active(), 0U);
}

TEST_F(HttpClientTest, CloseCancelsEverythingAndRefusesMore) {
  Gate closed;
  TestServer server(hanging(&closed));
  HttpStream stream = start(request_to(server.url()));
  ASSERT_EQ(run_awaitable(io_, read_first(&stream)), "first");
  PendingRead pending(&io_, &stream);

  client_.close();
  client_.close();
  EXPECT_TRUE(closed.wait());
  io_.restart();
  io_.run();

  EXPECT_EQ(pending.code, "cancelled");
  const auto refused = client_.start(request_to(server.url()));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, "harness_closed");
}

TEST_F(HttpClientTest, StreamsMayOutliveTheirClient) {
  Gate closed;
  TestServer server(hanging(&closed));
  auto client = std::make_unique<HttpClient>(io_.get_executor());
  auto stream = client->start(request_to(server.url()));
  ASSERT_TRUE(stream);
  ASSERT_EQ(run_awaitable(io_, read_first(&*stream)), "first");
  client.reset();
  EXPECT_TRUE(closed.wait());
  EXPECT_EQ(run_awaitable(io_, read_code(&*stream)), "cancelled");
}

TEST_F(HttpClientTest, AnIdleClientLetsTheContextRunOutOfWork) {
  TestServer server(TestServer::answering("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"));
  ASSERT_EQ(fetch_now(request_to(server.url())).body, "ok");
  io_.restart();
  io_.poll();
  EXPECT_TRUE(io_.stopped()) << "a connection is kept, but nothing is waited for";
}

asio::awaitable<std::string> close_while_reading(std::unique_ptr<HttpClient>* client, HttpStream* stream,
                                                 HttpStream* other) {
  std::string buffer;
  static_cast<void>(co_await stream->read(buffer));
  other->cancel();
  client->reset();
  const auto more = co_await stream->read(buffer);
  co_return more ? std::string() : more.error().code;
}

TEST_F(HttpClientTest, AReaderMayCancelOthersAndDestroyTheClient) {
  Gate closed;
  TestServer server(hanging(&closed));
  auto client = std::make_unique<HttpClient>(io_.get_executor());
  auto stream = client->start(request_to(server.url()));
  auto other = client->start(request_to(server.url()));
  ASSERT_TRUE(stream && other);
  EXPECT_EQ(run_awaitable(io_, close_while_reading(&client, &*stream, &*other)), "cancelled");
  EXPECT_TRUE(closed.wait());
}

asio::awaitable<int> throw_after_reading(HttpStream* stream) {
  std::string buffer;
  static_cast<void>(co_await stream->read(buffer));
  throw std::runtime_error("a bug in a reader");
}

TEST_F(HttpClientTest, AReadersExceptionLeavesOtherStreamsAlone) {
  Gate closed;
  TestServer server(hanging(&closed));
  HttpStream thrower = start(request_to(server.url()));
  HttpStream other = start(request_to(server.url()));
  asio::co_spawn(io_, throw_after_reading(&thrower), [](std::exception_ptr thrown, int) {
    if (thrown) std::rethrow_exception(thrown);
  });
  EXPECT_THROW(io_.run(), std::runtime_error);
  EXPECT_EQ(run_awaitable(io_, read_first(&other)), "first");
}

asio::awaitable<int> throw_at(HttpStream* stream, Clock::time_point deadline) {
  std::string buffer;
  static_cast<void>(co_await stream->read(buffer, deadline));
  throw std::runtime_error("a bug in a reader");
}

asio::awaitable<bool> read_until(HttpStream* stream, Clock::time_point deadline) {
  std::string buffer;
  const auto more = co_await stream->read(buffer, deadline);
  co_return more && *more&& buffer.empty();
}

TEST_F(HttpClientTest, AReadersExceptionDoesNotSwallowAWakeUpOfTheSameTurn) {
  Gate closed;
  TestServer server(hanging(&closed));
  HttpStream thrower = start(request_to(server.url()));
  HttpStream other = start(request_to(server.url()));
  ASSERT_EQ(run_awaitable(io_, read_first(&thrower)), "first");
  ASSERT_EQ(run_awaitable(io_, read_first(&other)), "first");
  const auto deadline = Clock::now() + std::chrono::milliseconds(100);
  asio::co_spawn(io_, throw_at(&thrower, deadline), [](std::exception_ptr thrown, int) {
    if (thrown) std::rethrow_exception(thrown);
  });
  bool has_read = false;
  asio::co_spawn(io_, read_until(&other, deadline), [&](std::exception_ptr, bool read) {
    has_read = read;
    io_.stop();
  });
  io_.restart();
  EXPECT_THROW(io_.run(), std::runtime_error);
  io_.run_for(testing::kTestPatience);
  EXPECT_TRUE(has_read);
}

asio::awaitable<int> own_everything(asio::any_io_executor executor, std::string url, Gate* reading) {
  HttpClient client(executor);
  auto stream = client.start(request_to(std::move(url)));
  std::string buffer;
  static_cast<void>(co_await stream->read(buffer));
  reading->open();
  static_cast<void>(co_await stream->read(buffer));
  co_return 0;
}

TEST(HttpClientShutdownTest, AContextThatEndsUnderAWaitingCoroutineFreesItAndItsSocket) {
  Gate closed;
  Gate reading;
  TestServer server(hanging(&closed));
  {
    asio::io_context io(1);
    asio::co_spawn(io, own_everything(io.get_executor(), server.url(), &reading), [](std::exception_ptr, int) {});
    while (io.run_one_for(std::chrono::milliseconds(1)) != 0 || !reading.wait_for(std::chrono::milliseconds(0))) {
    }
  }
  EXPECT_TRUE(closed.wait());
}

TEST_F(HttpClientTest, ASecondWaitOnOneStreamIsRefused) {
  Gate closed;
  TestServer server(hanging(&closed));
  HttpStream stream = start(request_to(server.url()));
  ASSERT_EQ(run_awaitable(io_, read_first(&stream)), "first");
  PendingRead pending(&io_, &stream);
  EXPECT_EQ(run_awaitable(io_, read_code(&stream)), "internal");
  EXPECT_EQ(pending.code, "pending");
  stream.cancel();
  io_.restart();
  io_.run();
}

}  // namespace
}  // namespace orchestrator::harness::runtime
