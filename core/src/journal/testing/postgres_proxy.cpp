// SPDX-License-Identifier: Apache-2.0
#include "journal/testing/postgres_proxy.hpp"

#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

namespace orchestrator::harness::journal::testing {
namespace {

constexpr const char* kSocketName = "/.s.PGSQL.5432";
constexpr int kTickMs = 5;
constexpr std::size_t kChunkBytes = 64 * 1024;

sockaddr_un address_of(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, path.c_str(), std::min(path.size(), sizeof address.sun_path - 1));
  return address;
}

FileDescriptor open_socket() { return FileDescriptor(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)); }

std::string receive(int fd) {
  std::string chunk(kChunkBytes, '\0');
  const ssize_t got = ::recv(fd, chunk.data(), chunk.size(), 0);
  chunk.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
  return chunk;
}

bool send_all(int fd, const std::string& bytes) {
  for (std::size_t sent = 0; sent < bytes.size();) {
    const ssize_t put = ::send(fd, bytes.data() + sent, bytes.size() - sent, MSG_NOSIGNAL);
    if (put <= 0) return false;
    sent += static_cast<std::size_t>(put);
  }
  return true;
}

}  // namespace

PostgresProxy::PostgresProxy(const std::string& server_folder)
    : server_path_(server_folder + kSocketName), listening_(open_socket()) {
  const sockaddr_un address = address_of(folder_.path() + kSocketName);
  EXPECT_EQ(::bind(listening_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
  EXPECT_EQ(::listen(listening_.get(), 16), 0);
  thread_ = std::thread([this] { run(); });
}

PostgresProxy::~PostgresProxy() {
  is_stopping_ = true;
  thread_.join();
}

void PostgresProxy::cut_at(const std::string& text, Cut cut) {
  const std::lock_guard lock(mutex_);
  text_ = text;
  cut_ = cut;
}

void PostgresProxy::run() {
  while (!is_stopping_) {
    std::vector<pollfd> sockets{{listening_.get(), POLLIN, 0}};
    for (const Pair& pair : pairs_) {
      sockets.push_back({pair.client.get(), POLLIN, 0});
      sockets.push_back({pair.server.get(), POLLIN, 0});
    }
    ::poll(sockets.data(), sockets.size(), kTickMs);
    std::vector<Pair> kept;
    const bool is_cutting = is_cutting_.exchange(false);
    for (std::size_t i = 0; i < pairs_.size(); ++i) {
      bool is_open = !is_cutting;
      if (is_cutting) ++cuts_;
      if (is_open && sockets[2 * i + 1].revents != 0) is_open = forward_request(pairs_[i]);
      if (is_open && sockets[2 * i + 2].revents != 0) is_open = forward_answer(pairs_[i]);
      if (is_open) kept.push_back(std::move(pairs_[i]));
    }
    pairs_ = std::move(kept);
    if (sockets[0].revents != 0) accept_one();
  }
}

void PostgresProxy::accept_one() {
  Pair pair{FileDescriptor(::accept(listening_.get(), nullptr, nullptr)), open_socket()};
  const sockaddr_un address = address_of(server_path_);
  if (::connect(pair.server.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0) {
    pairs_.push_back(std::move(pair));
  }
}

bool PostgresProxy::forward_request(Pair& pair) {
  const std::string chunk = receive(pair.client.get());
  if (chunk.empty()) return false;
  const std::lock_guard lock(mutex_);
  const bool is_hit = !text_.empty() && chunk.find(text_) != std::string::npos;
  if (!is_hit) return send_all(pair.server.get(), chunk);
  text_.clear();
  ++cuts_;
  // What the server answers shows that it has done it.
  if (cut_ == Cut::after && send_all(pair.server.get(), chunk)) static_cast<void>(receive(pair.server.get()));
  return false;
}

bool PostgresProxy::forward_answer(Pair& pair) {
  const std::string chunk = receive(pair.server.get());
  return !chunk.empty() && send_all(pair.client.get(), chunk);
}

}  // namespace orchestrator::harness::journal::testing
