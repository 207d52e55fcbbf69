// SPDX-License-Identifier: Apache-2.0
#pragma once

// A TCP proxy on loopback between a client and a server, that does to the server's bytes what networks do: cuts them
// off, resets the connection, holds them back, drips them, damages them. Made for tests; asked from any thread.

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace orchestrator::harness::faults {

enum class FaultKind : std::uint8_t { none, cut, reset, stall, drip, garbage };

/// What happens to the answer on one connection, from its byte `at` on (counted from 0).
struct Fault {
  FaultKind kind = FaultKind::none;
  std::size_t at = 0;
};

class FaultProxy {
 public:
  /// The fault of a connection by its number, from 0.
  using Plan = std::function<Fault(std::size_t connection)>;

  /// Listens on a free port of 127.0.0.1 and passes connections on to `upstream_port` there.
  FaultProxy(std::uint16_t upstream_port, Plan plan);
  FaultProxy(const FaultProxy&) = delete;
  FaultProxy& operator=(const FaultProxy&) = delete;
  /// Ends all connections.
  ~FaultProxy();

  /// `http://127.0.0.1:PORT` and `path`.
  [[nodiscard]] std::string url(const std::string& path) const;
  /// Connections accepted so far.
  [[nodiscard]] std::size_t connections() const { return accepted_; }

 private:
  void accept_all();
  void relay(int client, Fault fault);

  std::uint16_t upstream_port_;
  Plan plan_;
  int listener_ = -1;
  int stop_ = -1;  // an event: readable once the proxy ends
  std::uint16_t port_ = 0;
  std::atomic<std::size_t> accepted_ = 0;
  std::vector<std::thread> relays_;  // of the acceptor alone, until it has ended
  std::thread acceptor_;
};

}  // namespace orchestrator::harness::faults
