// SPDX-License-Identifier: Apache-2.0
#include "daemon/testing/http_client.hpp"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

namespace orchestrator::daemon::testing {
namespace {

constexpr int kDeadlineSeconds = 30;

std::string without_chunks(std::string_view bytes) {
  std::string body;
  while (!bytes.empty()) {
    const std::size_t line = bytes.find("\r\n");
    std::size_t size = 0;
    std::from_chars(bytes.data(), bytes.data() + std::min(line, bytes.size()), size, 16);
    if (line == std::string_view::npos || size == 0 || line + 2 + size > bytes.size()) break;
    body.append(bytes.substr(line + 2, size));
    bytes.remove_prefix(std::min(bytes.size(), line + size + 4));
  }
  return body;
}

}  // namespace

HttpClient::HttpClient(std::uint16_t port) : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const timeval deadline{kDeadlineSeconds, 0};
  ::setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &deadline, sizeof deadline);
  EXPECT_EQ(::connect(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
}

HttpClient::~HttpClient() { ::close(socket_); }

void HttpClient::send(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t count = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (count <= 0) return;  // the server has closed: its answer tells why
    bytes.remove_prefix(static_cast<std::size_t>(count));
  }
}

bool HttpClient::read_some() {
  std::array<char, 16 << 10> block{};
  const ssize_t count = ::recv(socket_, block.data(), block.size(), 0);
  if (count > 0) bytes_.append(block.data(), static_cast<std::size_t>(count));
  return count > 0;
}

const std::string& HttpClient::read_until(std::string_view wanted) {
  while (bytes_.find(wanted) == std::string::npos && read_some()) {
  }
  return bytes_;
}

const std::string& HttpClient::read_all() {
  while (read_some()) {
  }
  return bytes_;
}

Answer parse_answer(std::string_view bytes) {
  Answer answer;
  const std::size_t end = bytes.find("\r\n\r\n");
  if (!bytes.starts_with("HTTP/1.1 ") || end == std::string_view::npos) return answer;
  std::from_chars(bytes.data() + 9, bytes.data() + 12, answer.status);
  answer.head = std::string(bytes.substr(0, end + 2));
  const std::string_view rest = bytes.substr(end + 4);
  const bool is_chunked = answer.head.find("Transfer-Encoding: chunked") != std::string::npos;
  answer.body = is_chunked ? without_chunks(rest) : std::string(rest);
  return answer;
}

Answer ask(std::uint16_t port, std::string_view bytes) {
  HttpClient client(port);
  client.send(bytes);
  return parse_answer(client.read_all());
}

std::string wire(std::string_view text) {
  std::string out;
  for (const char letter : text) out.append(letter == '|' ? "\r\n" : std::string(1, letter));
  return out;
}

}  // namespace orchestrator::daemon::testing
