// SPDX-License-Identifier: Apache-2.0
#pragma once

// An evaluation under way: its plan less what is there already, the cases at work, and the records as they come.
// Harness's thread; the results file is written on a thread of its own.

#include "runtime/compiler_check.hpp"

#include <boost/asio/awaitable.hpp>

#include <memory>
#include <stop_token>

#include "evals/case_run.hpp"

namespace orchestrator::harness::evals {

/// Runs all of it. Errors as of `Eval::async_run`. Cancelling it stops the cases first.
[[nodiscard]] boost::asio::awaitable<Result<EvalResults>> run_evaluation(
    std::shared_ptr<const EvaluationSetting> setting, std::stop_token stop);

}  // namespace orchestrator::harness::evals
