// SPDX-License-Identifier: Apache-2.0
#pragma once

// Starting a run that replays another one, and handing out tokens. Coroutines of the harness's thread.

#include "runtime/compiler_check.hpp"

#include <boost/asio/awaitable.hpp>

#include <memory>
#include <optional>
#include <string>

#include "orchestrator/harness/replay.hpp"
#include "orchestrator/harness/run.hpp"
#include "runtime/engine.hpp"

namespace orchestrator::harness::runtime {

/// See `Harness::async_replay`.
[[nodiscard]] boost::asio::awaitable<Result<RunHandle>> start_replay(std::shared_ptr<Engine> engine, RunId source,
                                                                     ReplayOptions options);
/// The same for the point that a token names.
[[nodiscard]] boost::asio::awaitable<Result<RunHandle>> start_replay_of_token(std::shared_ptr<Engine> engine,
                                                                              ReplayToken token, ReplayOptions options);
/// See `Harness::async_issue_replay_token`.
[[nodiscard]] boost::asio::awaitable<Result<ReplayToken>> issue_token(std::shared_ptr<Engine> engine, RunId run_id,
                                                                      std::string by);

/// What the adapters of this harness offer for the models of a run, hashed as runs pin it; empty where it has not all
/// of them.
[[nodiscard]] std::optional<Hash> present_adapters(const Engine& engine, const events::RunStarted& run);

}  // namespace orchestrator::harness::runtime
