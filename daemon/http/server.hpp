// SPDX-License-Identifier: Apache-2.0
#pragma once

// An HTTP/1.1 server: takes connections on TCP and on a Unix socket, reads requests within bounds, and hands them to a
// handler. All of it happens on one thread, that of its executor, which also stops it. It knows no route.

#include <chrono>
#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <string>

#include "daemon/http/head_form.hpp"
#include "daemon/http/listen_address.hpp"
#include "daemon/http/reply.hpp"
#include "daemon/http/request.hpp"
#include "orchestrator/harness/awaitable.hpp"
#include "orchestrator/harness/errors.hpp"

namespace orchestrator::daemon {

/// What one peer may take of the server.
struct ServerBounds {
  HeadBounds head;
  std::uint32_t connections_max = 4'096;  // more wait in the kernel's queue
  std::chrono::milliseconds head_wait{
      10'000};  // from a request's first byte, or from the connection, to its head's end
  std::chrono::milliseconds idle_wait{60'000};   // between two requests
  std::chrono::milliseconds body_wait{10'000};   // for a body; each KiB of it that came gives another second
  std::chrono::milliseconds write_wait{10'000};  // for each write
  std::uint32_t requests_max = 10'000;           // of one connection
};

/// What the server asks. Called on the server's thread; outlives the server.
class RequestHandler {
 public:
  virtual ~RequestHandler() = default;
  /// Looks at a head before its body is read: how many bytes of body there may be, or the answer that refuses it.
  virtual std::expected<std::uint64_t, Reply> admit(const RequestHead& head) = 0;
  /// Answers an admitted request.
  virtual boost::asio::awaitable<Reply> answer(Request request) = 0;
  /// The answer to what could not be read.
  virtual Reply refuse(const HeadFault& fault) = 0;
};

/// What the server did, since it was made.
struct ServerCounts {
  std::uint64_t connections = 0;
  std::uint32_t connections_open = 0;
  std::uint64_t requests[6] = {};  // by the first digit of the status
};

class Server {
 public:
  Server(boost::asio::any_io_executor executor, RequestHandler& handler, ServerBounds bounds);
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;
  /// REQUIRES: stopped, or never listened.
  ~Server();

  /// Begins to listen; the address with the port in place of 0. Error: `storage_unavailable` naming the address.
  [[nodiscard]] harness::Result<ListenAddress> listen(const ListenAddress& address);
  /// The same on a Unix socket, made with mode 0600 in place of one on which nobody listens. The last part of its path
  /// has at most 107 bytes with what stands before it. Errors: `configuration_invalid`, `storage_unavailable`.
  [[nodiscard]] harness::Result<void> listen_local(const std::string& path);

  /// Takes no more connections, closes those that wait for a request, and returns when all have ended; what is under
  /// way after `patience` is cut off.
  boost::asio::awaitable<void> stop(std::chrono::milliseconds patience);

  [[nodiscard]] const ServerCounts& counts() const;

 private:
  struct State;
  std::shared_ptr<State> state_;  // shared with the coroutines under way
};

}  // namespace orchestrator::daemon
