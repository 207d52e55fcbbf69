// SPDX-License-Identifier: Apache-2.0
#pragma once

// One case in one epoch: its run, and what the scorers say of it. Harness's thread.

#include "runtime/compiler_check.hpp"

#include <boost/asio/awaitable.hpp>

#include <map>
#include <memory>
#include <vector>

#include "evals/eval_plan.hpp"
#include "orchestrator/harness/control.hpp"
#include "orchestrator/harness/evals.hpp"
#include "orchestrator/harness/harness.hpp"

namespace orchestrator::harness::evals {

/// What all cases of an evaluation under way share.
struct EvaluationSetting {
  Harness* harness = nullptr;
  Dataset dataset;
  std::vector<std::shared_ptr<Scorer>> scorers;
  EvalConfig config;
  EvalHeader header;
  std::function<void(const EvalProgress&)> progress;
};

/// What others must know of a case under way, so that they can stop it.
struct CaseWatch {
  std::optional<ControlHandle> run;  // while its run goes on
  bool is_scoring = false;           // then its coroutine may be cancelled
  bool is_stopping = false;          // set from outside
};

/// The record of a case. Errors are those that end the whole evaluation: of its configuration, of the store, and
/// `cancelled` for a case that was stopped. Both pointers outlive the call.
[[nodiscard]] boost::asio::awaitable<Result<EvalRecord>> run_case(const EvaluationSetting* setting, PlannedCase planned,
                                                                  CaseWatch* watch);

}  // namespace orchestrator::harness::evals
