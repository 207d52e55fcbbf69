// SPDX-License-Identifier: Apache-2.0
#pragma once

// Undos from outside: what one would do, and its start as a run of its own. Coroutines of the harness's thread.

#include "runtime/compiler_check.hpp"

#include <boost/asio/awaitable.hpp>

#include <memory>

#include "orchestrator/harness/harness.hpp"
#include "runtime/engine.hpp"

namespace orchestrator::harness::runtime {

/// See `Harness::async_plan_undo`.
[[nodiscard]] boost::asio::awaitable<Result<events::UndoPlanned>> plan_undo(std::shared_ptr<Engine> engine, RunId id,
                                                                            UndoOptions options);
/// See `Harness::async_undo`.
[[nodiscard]] boost::asio::awaitable<Result<RunHandle>> start_undo(std::shared_ptr<Engine> engine, RunId id,
                                                                   events::UndoPlanned plan, UndoOptions options);

}  // namespace orchestrator::harness::runtime
