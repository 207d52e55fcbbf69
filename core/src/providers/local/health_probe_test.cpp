// SPDX-License-Identifier: Apache-2.0
// Goal: the probe tells ready, loading, refused and silent apart, within its deadline. Method: a listener on
// loopback that answers with given bytes.
#include "providers/local/health_probe.hpp"

#include <gtest/gtest.h>

#include <boost/asio/ip/address_v4.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/write.hpp>

#include "providers/local/testing/local_server_fixture.hpp"

namespace orchestrator::harness::providers {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;

class HealthProbeTest : public testing::LocalServerTest {
 protected:
  tcp::acceptor acceptor_{context_, tcp::endpoint(asio::ip::address_v4::loopback(), 0)};

  [[nodiscard]] std::uint16_t port() const { return acceptor_.local_endpoint().port(); }

  /// Answers one connection with the pieces, then closes it; without pieces it stays open until the probe ends.
  static asio::awaitable<void> answer_once(tcp::acceptor* acceptor, std::vector<std::string> pieces,
                                           std::string* request) {
    tcp::socket socket = co_await acceptor->async_accept(asio::use_awaitable);
    co_await asio::async_read_until(socket, asio::dynamic_buffer(*request), "\r\n\r\n", asio::use_awaitable);
    for (const std::string& piece : pieces) {
      co_await asio::async_write(socket, asio::buffer(piece), asio::use_awaitable);
      co_await testing::wait_shortly();
    }
    if (pieces.empty()) {
      std::array<char, 1> byte{};
      boost::system::error_code closed;
      co_await socket.async_read_some(asio::buffer(byte), asio::redirect_error(asio::use_awaitable, closed));
    }
  }

  Health health_of(std::vector<std::string> pieces, std::chrono::milliseconds time = std::chrono::seconds(30)) {
    request_.clear();
    asio::co_spawn(context_, answer_once(&acceptor_, std::move(pieces), &request_), [](std::exception_ptr thrown) {
      if (thrown) {
        std::rethrow_exception(thrown);
      }
    });
    return run(probe_health(port(), in(time)));
  }

  std::string request_;
};

TEST_F(HealthProbeTest, ReadsTheStatus) {
  EXPECT_EQ(health_of({"HTTP/1.1 200 OK\r\nContent-Length: 15\r\n\r\n{\"status\":\"ok\"}"}), Health::ready);
  EXPECT_EQ(request_,
            "GET /health HTTP/1.1\r\nHost: 127.0.0.1:" + std::to_string(port()) + "\r\nConnection: close\r\n\r\n");
  EXPECT_EQ(health_of({"HTTP/1.1 503 Service Unavailable\r\n\r\n"}), Health::loading);
  EXPECT_EQ(health_of({"HTTP/1.1 404 Not Found\r\n\r\n"}), Health::silent);
}

TEST_F(HealthProbeTest, PutsAnAnswerTogetherFromPieces) {
  EXPECT_EQ(health_of({"H", "TTP/1.", "1 20", "0 OK\r\n\r\n"}), Health::ready);
}

TEST_F(HealthProbeTest, WhatIsNotHttpOrTooShortIsSilent) {
  EXPECT_EQ(health_of({"SSH-2.0-OpenSSH_9.2p1 200\r\n"}), Health::silent);
  EXPECT_EQ(health_of({"HTTP/1.1 20"}), Health::silent);
}

TEST_F(HealthProbeTest, AMuteServerIsSilentAtTheDeadline) {
  EXPECT_EQ(health_of({}, std::chrono::milliseconds(50)), Health::silent);
}

TEST_F(HealthProbeTest, NobodyListens) {
  const std::uint16_t free_port = port();
  acceptor_.close();
  EXPECT_EQ(run(probe_health(free_port, soon())), Health::refused);
}

}  // namespace
}  // namespace orchestrator::harness::providers
