// SPDX-License-Identifier: Apache-2.0
#pragma once

// The addresses of a host, asked for once a request. One thread: that of the coroutine.

#include "runtime/compiler_check.hpp"

#include <boost/asio/ip/address.hpp>
#include <chrono>
#include <expected>
#include <memory>
#include <stop_token>
#include <string>
#include <vector>

#include "orchestrator/harness/awaitable.hpp"
#include "orchestrator/harness/awaitable_forward.hpp"

namespace orchestrator::harness::tools {

using ResolvedAddresses = std::expected<std::vector<boost::asio::ip::address>, std::string>;

class HostResolver {
 public:
  virtual ~HostResolver() = default;
  /// The addresses, at least one, best first; or why there are none. Ends at `deadline`, when `stop` is asked, and when
  /// it is cancelled.
  virtual Awaitable<ResolvedAddresses> resolve(std::string host, std::chrono::steady_clock::time_point deadline,
                                               std::stop_token stop) = 0;
};

/// The system's resolver (getaddrinfo). A look-up that was given up goes on in the background, unheard, until the
/// system ends it.
[[nodiscard]] std::shared_ptr<HostResolver> system_resolver();

}  // namespace orchestrator::harness::tools
