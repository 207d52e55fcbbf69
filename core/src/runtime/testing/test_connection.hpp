// SPDX-License-Identifier: Apache-2.0
#pragma once

// The server's end of one connection of a `TestServer`, with blocking calls: reads requests, sends
// raw bytes as the test says, and sees when the client goes away.
// Belongs to the thread that plays it, but for `sent_bytes` and `interrupt`.

#include <atomic>
#include <chrono>
#include <cstddef>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "runtime/testing/gate.hpp"

namespace orchestrator::harness::runtime::testing {

/// A request as it came over the wire; header names lower-cased, repeated ones joined by ", ".
struct TestRequest {
  std::string method;
  std::string target;
  std::map<std::string, std::string> headers;
  std::string body;
};

class TestConnection {
 public:
  /// Takes over the socket.
  explicit TestConnection(int socket) : socket_(socket) {}
  TestConnection(const TestConnection&) = delete;
  TestConnection& operator=(const TestConnection&) = delete;
  ~TestConnection() { close(); }

  /// The next request with its whole body (Content-Length only); nothing at the connection's end.
  std::optional<TestRequest> read_request();

  /// Sends all bytes, waiting for the client to take them. False: the client has closed.
  bool send(std::string_view bytes);

  /// One chunk of the chunked transfer coding.
  bool send_chunk(std::string_view payload);

  /// Waits until the client has closed or reset; drops what it sends. False: it never did.
  bool wait_for_close() { return wait_for_close_for(kTestPatience); }

  /// The same with a bound: a pause that ends early when the client goes away.
  bool wait_for_close_for(std::chrono::milliseconds bound);

  /// Ends the connection properly.
  void close();

  /// Ends the connection with a reset.
  void reset();

  /// Ends what the playing thread waits for; it alone closes. Safe from any thread.
  void interrupt();

  /// Bytes handed to the kernel so far; safe from any thread.
  [[nodiscard]] std::size_t sent_bytes() const { return sent_bytes_; }

 private:
  bool receive();

  std::mutex mutex_;  // what closes against what interrupts: a closed number may be another's
  int socket_;        // written by the playing thread alone, under mutex_
  std::string received_;
  std::atomic<std::size_t> sent_bytes_ = 0;
};

}  // namespace orchestrator::harness::runtime::testing
