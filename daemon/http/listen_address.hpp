// SPDX-License-Identifier: Apache-2.0
#pragma once

// Where the daemon listens on TCP: an address of this machine as a number, and a port. A value; any thread.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "orchestrator/harness/errors.hpp"

namespace orchestrator::daemon {

struct ListenAddress {
  std::string host = "127.0.0.1";  // an IPv4 or IPv6 address, without brackets
  std::uint16_t port = 7717;       // 0: any that is free

  /// From `HOST:PORT`, `[IPV6]:PORT` or `localhost:PORT`. Error: `invalid_argument`.
  [[nodiscard]] static harness::Result<ListenAddress> parse(std::string_view text);
  /// Whether only this machine reaches it.
  [[nodiscard]] bool is_loopback() const;
  /// As it stands in a URL, such as `127.0.0.1:7717`.
  [[nodiscard]] std::string str() const;
};

}  // namespace orchestrator::daemon
