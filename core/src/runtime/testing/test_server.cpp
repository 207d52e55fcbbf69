// SPDX-License-Identifier: Apache-2.0
#include "runtime/testing/test_server.hpp"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <memory>
#include <stdexcept>
#include <utility>

namespace orchestrator::harness::runtime::testing {

TestServer::TestServer(Handler handler, Family family, int backlog) : handler_(std::move(handler)), family_(family) {
  listener_ = ::socket(family == Family::ipv4 ? AF_INET : AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (listener_ < 0 || !bind_loopback() || ::listen(listener_, backlog) != 0) {
    throw std::runtime_error("the test server cannot listen on loopback");
  }
  if (handler_) acceptor_ = std::thread([this] { accept_all(); });
}

TestServer::~TestServer() {
  is_stopping_ = true;
  ::shutdown(listener_, SHUT_RDWR);
  if (acceptor_.joinable()) acceptor_.join();
  {
    const std::scoped_lock lock(mutex_);
    for (TestConnection* connection : open_) connection->interrupt();
  }
  for (std::thread& player : players_) player.join();
  ::close(listener_);
}

TestServer::Handler TestServer::answering(std::string answer) {
  return [answer = std::move(answer)](TestConnection& connection, std::size_t) {
    while (connection.read_request()) {
      if (!connection.send(answer)) return;
    }
  };
}

TestServer::Handler TestServer::answering_once(std::string answer) {
  return [answer = std::move(answer)](TestConnection& connection, std::size_t) {
    if (connection.read_request()) connection.send(answer);
  };
}

std::string TestServer::place() const {
  return (family_ == Family::ipv4 ? "127.0.0.1:" : "[::1]:") + std::to_string(port_);
}

std::string TestServer::url(std::string_view path) const { return "http://" + place() + std::string(path); }

bool TestServer::bind_loopback() {
  const int yes = 1;
  ::setsockopt(listener_, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  sockaddr_in v4{};
  v4.sin_family = AF_INET;
  v4.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  sockaddr_in6 v6{};
  v6.sin6_family = AF_INET6;
  v6.sin6_addr = in6addr_loopback;
  const bool is_v4 = family_ == Family::ipv4;
  auto* const address = is_v4 ? reinterpret_cast<sockaddr*>(&v4) : reinterpret_cast<sockaddr*>(&v6);
  socklen_t size = is_v4 ? sizeof v4 : sizeof v6;
  if (::bind(listener_, address, size) != 0) return false;
  if (::getsockname(listener_, address, &size) != 0) return false;
  port_ = ntohs(is_v4 ? v4.sin_port : v6.sin6_port);
  return true;
}

void TestServer::accept_all() {
  while (!is_stopping_) {
    const int socket = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (socket < 0) continue;
    const int yes = 1;
    ::setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    const std::size_t index = accepted_++;
    auto connection = std::make_unique<TestConnection>(socket);
    const std::scoped_lock lock(mutex_);
    open_.push_back(connection.get());
    players_.emplace_back([this, connection = std::move(connection), index] { play(*connection, index); });
  }
}

void TestServer::play(TestConnection& connection, std::size_t index) {
  handler_(connection, index);
  {
    const std::scoped_lock lock(mutex_);
    std::erase(open_, &connection);
  }
  connection.close();
}

}  // namespace orchestrator::harness::runtime::testing
