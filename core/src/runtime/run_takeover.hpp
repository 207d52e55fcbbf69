// SPDX-License-Identifier: Apache-2.0
#pragma once

// Runs that no process holds: ended, answered, or gone on with. Each takes the store's lock on the run first, so two
// processes never do it at once. Coroutines of the harness's thread.

#include "runtime/compiler_check.hpp"

#include <boost/asio/awaitable.hpp>

#include <memory>
#include <string>

#include "orchestrator/harness/harness.hpp"
#include "runtime/engine.hpp"

namespace orchestrator::harness::runtime {

/// See `Harness::async_abort_orphan`.
[[nodiscard]] boost::asio::awaitable<Result<void>> abort_orphan(std::shared_ptr<Engine> engine, RunId id,
                                                                std::string by);
/// See `Harness::async_answer_orphan`.
[[nodiscard]] boost::asio::awaitable<Result<void>> answer_orphan(std::shared_ptr<Engine> engine, RunId id,
                                                                 InterruptAnswer answer);
/// See `Harness::async_resume_run`.
[[nodiscard]] boost::asio::awaitable<Result<RunHandle>> resume_run(std::shared_ptr<Engine> engine, RunId id,
                                                                   ResumeOptions options);

}  // namespace orchestrator::harness::runtime
