// SPDX-License-Identifier: Apache-2.0
#pragma once

// One connection of the server: its requests, one after another. On the server's thread; it lives as long as `serve`.

#include <boost/asio/generic/stream_protocol.hpp>

#include <memory>

#include "daemon/http/server.hpp"
#include "orchestrator/harness/awaitable.hpp"

namespace orchestrator::daemon {

class Connection {
 public:
  using Socket = boost::asio::generic::stream_protocol::socket;
  /// What it shares with its server.
  struct Context {
    RequestHandler& handler;
    const ServerBounds& bounds;
    ServerCounts& counts;
    const bool& is_stopping;
  };

  virtual ~Connection() = default;
  /// Answers requests until the peer is done, breaks a bound, or the server stops.
  virtual boost::asio::awaitable<void> serve() = 0;
  /// Ends it where it waits for a request.
  virtual void close_if_idle() = 0;
  /// Ends it at once.
  virtual void cut_off() = 0;
};

/// A connection over `socket`.
[[nodiscard]] std::shared_ptr<Connection> make_connection(Connection::Socket socket, bool is_local,
                                                          Connection::Context context);

}  // namespace orchestrator::daemon
