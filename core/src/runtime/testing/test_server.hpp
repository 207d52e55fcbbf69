// SPDX-License-Identifier: Apache-2.0
#pragma once

// A scripted TCP server on loopback for tests: a handler plays each connection on a thread of its
// own, byte by byte as the test says, and waits on gates that the test opens. No sleeps.
// May be asked from any thread. Gates must outlive the server and be open when it is destroyed.

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "runtime/testing/gate.hpp"
#include "runtime/testing/test_connection.hpp"

namespace orchestrator::harness::runtime::testing {

class TestServer {
 public:
  /// Plays one connection; `index` counts connections from 0. Ends the connection by returning.
  using Handler = std::function<void(TestConnection& connection, std::size_t index)>;
  enum class Family : std::uint8_t { ipv4, ipv6 };

  /// Listens on a free port. Without a handler nothing is ever accepted, so that `backlog`
  /// connections are made by the kernel and later ones hang.
  explicit TestServer(Handler handler, Family family = Family::ipv4, int backlog = 1024);
  TestServer(const TestServer&) = delete;
  TestServer& operator=(const TestServer&) = delete;

  /// Ends every connection and waits for the handlers.
  ~TestServer();

  /// A handler that answers every request of a connection with the same bytes.
  static Handler answering(std::string answer);

  /// A handler that answers one request with the given bytes and closes.
  static Handler answering_once(std::string answer);

  [[nodiscard]] std::uint16_t port() const { return port_; }
  /// `host:port`.
  [[nodiscard]] std::string place() const;
  /// `http://`, the place, then `path`.
  [[nodiscard]] std::string url(std::string_view path = "/") const;
  /// Connections accepted so far.
  [[nodiscard]] std::size_t connections() const { return accepted_; }

 private:
  bool bind_loopback();
  void accept_all();
  void play(TestConnection& connection, std::size_t index);

  Handler handler_;
  Family family_;
  int listener_ = -1;
  std::uint16_t port_ = 0;
  std::atomic<bool> is_stopping_ = false;
  std::atomic<std::size_t> accepted_ = 0;
  std::mutex mutex_;
  std::vector<TestConnection*> open_;  // guarded by mutex_
  std::vector<std::thread> players_;   // guarded by mutex_ until the acceptor has ended
  std::thread acceptor_;
};

}  // namespace orchestrator::harness::runtime::testing
