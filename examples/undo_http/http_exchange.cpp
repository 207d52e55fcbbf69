// SPDX-License-Identifier: Apache-2.0
#include "http_exchange.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

#include <charconv>

namespace asio = boost::asio;

orchestrator::harness::Awaitable<HttpAnswer> http_exchange(std::uint16_t port, std::string method, std::string path,
                                                           std::string body) {
  const auto executor = co_await asio::this_coro::executor;
  asio::ip::tcp::socket socket(executor);
  const asio::ip::tcp::endpoint server(asio::ip::address_v4::loopback(), port);
  const auto quietly = asio::as_tuple(asio::use_awaitable);
  HttpAnswer answer;
  const auto [refused] = co_await socket.async_connect(server, quietly);
  if (refused) co_return answer;
  const std::string request = method + " " + path + " HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n" +
                              "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
  const auto [unsent, sent] = co_await asio::async_write(socket, asio::buffer(request), quietly);
  if (unsent) co_return answer;
  std::string text;
  co_await asio::async_read(socket, asio::dynamic_buffer(text, 1U << 20U), quietly);  // ends with the connection
  const std::size_t head = text.find("\r\n\r\n");
  if (head == std::string::npos || !text.starts_with("HTTP/1.1 ")) co_return answer;
  std::from_chars(text.data() + 9, text.data() + 12, answer.status);
  answer.body = text.substr(head + 4);
  co_return answer;
}
