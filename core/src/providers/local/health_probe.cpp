// SPDX-License-Identifier: Apache-2.0
#include "providers/local/health_probe.hpp"

#include <array>
#include <boost/asio/buffer.hpp>
#include <boost/asio/ip/address_v4.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/write.hpp>
#include <cstddef>
#include <string>
#include <string_view>

#include "providers/local/deadline_race.hpp"

namespace orchestrator::harness::providers {
namespace {

namespace asio = boost::asio;

constexpr std::size_t kStatusLineBytes = 12;  // "HTTP/1.1 200"

}  // namespace

asio::awaitable<Health> probe_health(std::uint16_t port, std::chrono::steady_clock::time_point deadline) {
  const auto executor = co_await asio::this_coro::executor;
  asio::ip::tcp::socket socket(executor);
  asio::steady_timer timer(executor, deadline);

  const asio::ip::tcp::endpoint endpoint(asio::ip::address_v4::loopback(), port);
  auto connected = co_await race(socket.async_connect(endpoint, asio::deferred), &timer);
  if (const auto& error = std::get<1>(connected)) {
    co_return error == asio::error::connection_refused ? Health::refused : Health::silent;
  }

  const std::string request =
      "GET /health HTTP/1.1\r\nHost: 127.0.0.1:" + std::to_string(port) + "\r\nConnection: close\r\n\r\n";
  auto written = co_await race(asio::async_write(socket, asio::buffer(request), asio::deferred), &timer);
  if (std::get<1>(written)) {
    co_return Health::silent;
  }

  // The status says all; the rest of the answer is dropped with the connection.
  std::array<char, kStatusLineBytes> head{};
  std::size_t size = 0;
  while (size < head.size()) {
    const auto rest = asio::buffer(head) + size;
    auto got = co_await race(socket.async_read_some(rest, asio::deferred), &timer);
    if (std::get<1>(got)) {
      co_return Health::silent;
    }
    size += std::get<2>(got);
  }
  const std::string_view line(head.data(), head.size());
  if (!line.starts_with("HTTP/1.")) {
    co_return Health::silent;
  }
  const std::string_view status = line.substr(9);
  if (status == "200") {
    co_return Health::ready;
  }
  co_return status == "503" ? Health::loading : Health::silent;
}

}  // namespace orchestrator::harness::providers
