// SPDX-License-Identifier: Apache-2.0
#pragma once

// One HTTP/1.1 exchange with a server on this machine, without TLS: enough for the example, no more.

#include <cstdint>
#include <string>

#include "orchestrator/harness/awaitable.hpp"
#include "orchestrator/harness/awaitable_forward.hpp"

/// Status 0: the server could not be asked.
struct HttpAnswer {
  int status = 0;
  std::string body;
};

/// Asks 127.0.0.1:`port`, on a connection of its own.
orchestrator::harness::Awaitable<HttpAnswer> http_exchange(std::uint16_t port, std::string method, std::string path,
                                                           std::string body);
