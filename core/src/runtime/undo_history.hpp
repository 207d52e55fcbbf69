// SPDX-License-Identifier: Apache-2.0
#pragma once

// What undos have taken back of a run, out of their journals: what one took back cannot always be told from the world,
// since what came before it may have been taken back as well. A coroutine of the harness's thread.

#include "runtime/compiler_check.hpp"

#include <boost/asio/awaitable.hpp>

#include <cstdint>
#include <map>
#include <memory>

#include "orchestrator/harness/errors.hpp"
#include "orchestrator/harness/ids.hpp"
#include "runtime/engine.hpp"

namespace orchestrator::harness::runtime {

/// The calls of a run, by the events with which they began, that ended undos took back and that no undo of these made
/// anew; each with its undo. Reads the undos of the run's session; one whose contents were erased is left out. Errors:
/// the store's, `journal_damaged`.
[[nodiscard]] boost::asio::awaitable<Result<std::map<std::uint64_t, RunId>>> taken_back_calls(
    std::shared_ptr<Engine> engine, RunId run_id, SessionId session_id);

}  // namespace orchestrator::harness::runtime
