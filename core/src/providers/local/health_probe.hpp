// SPDX-License-Identifier: Apache-2.0
#pragma once

// Asks a llama.cpp server on 127.0.0.1 how it is: one GET /health on a connection of its own, which is
// closed when the wait ends. No key is needed or sent. A free function; runs on the caller's executor.

#include <chrono>
#include <cstdint>

#include "orchestrator/harness/awaitable.hpp"

namespace orchestrator::harness::providers {

enum class Health : std::uint8_t {
  ready,    // 200: it serves
  loading,  // 503: the model is not loaded yet
  refused,  // nobody listens on the port
  silent    // no whole answer before the deadline, or not one of such a server
};

/// The state of the server at `port`. Returns by `deadline`; cancellation reads as `silent`.
[[nodiscard]] boost::asio::awaitable<Health> probe_health(std::uint16_t port,
                                                          std::chrono::steady_clock::time_point deadline);

}  // namespace orchestrator::harness::providers
