// SPDX-License-Identifier: Apache-2.0
#pragma once

// Forks of runs, from the store. Coroutines of the harness's thread.

#include "runtime/compiler_check.hpp"

#include <boost/asio/awaitable.hpp>

#include <memory>
#include <vector>

#include "orchestrator/harness/harness.hpp"
#include "runtime/engine.hpp"

namespace orchestrator::harness::runtime {

/// See `Harness::async_fork`.
[[nodiscard]] boost::asio::awaitable<Result<RunHandle>> fork_run(std::shared_ptr<Engine> engine, RunId source,
                                                                 ForkOptions options);
/// See `Harness::async_forks_of`.
[[nodiscard]] boost::asio::awaitable<Result<std::vector<RunId>>> forks_of(std::shared_ptr<JournalStore> store,
                                                                          RunId source);

}  // namespace orchestrator::harness::runtime
