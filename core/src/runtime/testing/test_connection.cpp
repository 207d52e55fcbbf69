// SPDX-License-Identifier: Apache-2.0
#include "runtime/testing/test_connection.hpp"

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <utility>

#include "runtime/http_client_ascii.hpp"

namespace orchestrator::harness::runtime::testing {

namespace {

TestRequest parse_head(std::string_view head) {
  TestRequest request;
  const std::string_view first = head.substr(0, head.find("\r\n"));
  const auto space = first.find(' ');
  request.method = first.substr(0, space);
  request.target = first.substr(space + 1, first.rfind(' ') - space - 1);
  for (auto end = head.find("\r\n"); end != std::string_view::npos; end = head.find("\r\n")) {
    head.remove_prefix(end + 2);
    const std::string_view line = head.substr(0, head.find("\r\n"));
    const auto colon = line.find(':');
    std::string_view value = colon == std::string_view::npos ? "" : line.substr(colon + 1);
    while (value.starts_with(' ')) value.remove_prefix(1);
    std::string& slot = request.headers[ascii_lower(line.substr(0, colon))];
    slot.append(slot.empty() ? "" : ", ").append(value);
  }
  return request;
}

}  // namespace

std::optional<TestRequest> TestConnection::read_request() {
  std::size_t head_end = 0;
  while ((head_end = received_.find("\r\n\r\n")) == std::string::npos) {
    if (!receive()) return std::nullopt;
  }
  TestRequest request = parse_head(std::string_view(received_).substr(0, head_end));
  received_.erase(0, head_end + 4);
  std::size_t length = 0;
  if (const auto found = request.headers.find("content-length"); found != request.headers.end()) {
    std::from_chars(found->second.data(), found->second.data() + found->second.size(), length);
  }
  while (received_.size() < length) {
    if (!receive()) return std::nullopt;
  }
  request.body = received_.substr(0, length);
  received_.erase(0, length);
  return request;
}

bool TestConnection::send(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR) continue;
    if (sent <= 0) return false;
    sent_bytes_ += static_cast<std::size_t>(sent);
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
  return true;
}

bool TestConnection::send_chunk(std::string_view payload) {
  std::array<char, 20> size{};
  char* const end = std::to_chars(size.data(), size.data() + size.size(), payload.size(), 16).ptr;
  std::string chunk(size.data(), end);
  chunk.append("\r\n").append(payload).append("\r\n");
  return send(chunk);
}

bool TestConnection::wait_for_close_for(std::chrono::milliseconds bound) {
  using Clock = std::chrono::steady_clock;
  const auto until = Clock::now() + bound;
  std::array<char, 4096> dropped{};
  while (true) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - Clock::now()).count();
    if (left <= 0) return false;
    pollfd waiting{.fd = socket_, .events = POLLIN, .revents = 0};
    if (::poll(&waiting, 1, static_cast<int>(left)) <= 0) continue;
    if (::recv(socket_, dropped.data(), dropped.size(), 0) <= 0) return true;
  }
}

void TestConnection::close() {
  const std::scoped_lock lock(mutex_);
  if (socket_ < 0) return;
  ::shutdown(socket_, SHUT_RDWR);
  ::close(std::exchange(socket_, -1));
}

void TestConnection::reset() {
  const std::scoped_lock lock(mutex_);
  if (socket_ < 0) return;
  const linger at_once{.l_onoff = 1, .l_linger = 0};
  ::setsockopt(socket_, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  ::close(std::exchange(socket_, -1));
}

void TestConnection::interrupt() {
  const std::scoped_lock lock(mutex_);
  if (socket_ >= 0) ::shutdown(socket_, SHUT_RDWR);
}

bool TestConnection::receive() {
  std::array<char, 65536> buffer;
  const ssize_t received = ::recv(socket_, buffer.data(), buffer.size(), 0);
  if (received <= 0) return false;
  received_.append(buffer.data(), static_cast<std::size_t>(received));
  return true;
}

}  // namespace orchestrator::harness::runtime::testing
