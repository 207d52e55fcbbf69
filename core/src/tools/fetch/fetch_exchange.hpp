// SPDX-License-Identifier: Apache-2.0
#pragma once

// One GET of one target, without following redirects: resolves once, checks every address, connects to none but those.
// One thread: that of the coroutine.

#include "runtime/compiler_check.hpp"

#include <chrono>
#include <cstdint>
#include <expected>
#include <memory>
#include <stop_token>
#include <string>

#include "orchestrator/harness/awaitable.hpp"
#include "orchestrator/harness/awaitable_forward.hpp"
#include "orchestrator/harness/errors.hpp"
#include "tools/fetch/fetch_target.hpp"
#include "tools/fetch/fetch_url.hpp"

namespace orchestrator::harness::tools {

/// Of one body; more is an error.
inline constexpr std::uint64_t kFetchBytesMax = std::uint64_t{5} << 20;

struct FetchAnswer {
  unsigned status = 0;
  std::string content_type;  // as sent, or empty
  std::string location;      // where the status redirects, else empty
  std::string body;          // not read where the answer redirects
};

/// Errors: `url_not_allowed` (an address that is never asked), `fetch_failed`, `tool_cancelled`.
[[nodiscard]] Awaitable<std::expected<FetchAnswer, ToolError>> fetch_once(
    FetchTarget target, FetchSeams seams, std::chrono::steady_clock::time_point deadline, std::stop_token stop);

}  // namespace orchestrator::harness::tools
