// SPDX-License-Identifier: Apache-2.0
#pragma once

// Evaluations: the cases of a dataset as ordinary journaled runs, and what scorers say of their answers. Another model,
// another prompt or another policy can be held against stored runs as well: each is run again from its recorded input,
// and its tools answer from its journal. docs/harness/evals-safety-track.md tells it in words. Included by its own
// name: harness.hpp does without.

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "orchestrator/harness/awaitable.hpp"
#include "orchestrator/harness/awaitable_forward.hpp"
#include "orchestrator/harness/context.hpp"
#include "orchestrator/harness/errors.hpp"
#include "orchestrator/harness/eval_dataset.hpp"
#include "orchestrator/harness/eval_results.hpp"
#include "orchestrator/harness/eval_scorer.hpp"
#include "orchestrator/harness/model.hpp"
#include "orchestrator/harness/reliability.hpp"
#include "orchestrator/harness/tool_spec.hpp"

namespace orchestrator::harness {

/// Where the answers come from.
enum class EvalMode : std::uint8_t {
  run,      // a run of each case
  rerun,    // a run from what the case's source began with, its tools answered by the source's journal
  recorded  // the source itself: nothing is run, only judged
};

/// How cases are run. What is unset is the harness's own or, for a re-run, the source's.
struct EvalConfig {
  std::string name = "eval";  // 1 to 64 of [A-Za-z0-9_.-]
  EvalMode mode = EvalMode::run;
  std::string model;                  // provider/model; empty: the harness's default, or the source's
  std::optional<std::string> system;  // for cases that have none; in a re-run for all
  std::optional<GenerationSettings> settings;
  std::optional<ContextPolicy> context;
  std::vector<std::string> tools;                           // of the harness; a re-run has those of its source
  ToolPolicy tool_policy{.approval = ApprovalMode::never};  // nobody is there to be asked; not of re-runs
  std::string workspace;                                    // the folder that the tools work in; empty: none
  Budgets budgets;                                          // of each run
  std::optional<RetryPolicy> retries;
  OnUnsupported on_unsupported = OnUnsupported::refuse;
  std::uint32_t epochs = 1;                 // 1 to 1,000: how often each case is run
  std::uint32_t concurrency = 4;            // 1 to 256 cases at once
  std::uint64_t case_timeout_ms = 600'000;  // 1 to 86,400,000: of one run, and of its scorers after it
  /// Where records go while they come; empty: nowhere. A file of the same evaluation is gone on with, and what is there
  /// is not run again. Written by one evaluation at a time (`run_locked`), each record synced.
  std::string results_file;
  bool retry_failed = false;       // records of failed runs and scorers in it are made again
  std::vector<std::string> reuse;  // results files: a scored record of the same key in one is taken over
};

/// Told after each record, on the harness's thread.
struct EvalProgress {
  std::uint64_t done = 0;  // records, those that were there included
  std::uint64_t total = 0;
  std::uint64_t passed = 0;
  std::uint64_t failed_runs = 0;
  KnownSum cost_micro_usd;
};

/// One evaluation. Immutable; may be run several times, in one harness at a time.
class Eval {
 public:
  /// Errors: `invalid_argument` naming the field: an empty dataset, no scorer or two of one name, a number out of
  /// range, a case without a source where the mode needs one.
  static Result<Eval> make(Dataset dataset, std::vector<std::shared_ptr<Scorer>> scorers, EvalConfig config);

  /// What it was made of. Valid as long as this object.
  [[nodiscard]] const Dataset& dataset() const { return dataset_; }
  [[nodiscard]] const EvalConfig& config() const { return config_; }
  /// What would be in the results of a run in a harness with this default model and policies of this hash
  /// (`Harness::policies_hash`).
  [[nodiscard]] EvalHeader header(const std::string& default_model, const std::optional<Hash>& policies = {}) const;

  /// Runs what is not there yet, and gives all records, in the order of dataset and epochs. `harness` must outlive it;
  /// runs anywhere. A requested stop aborts the runs under way, whose cases are not recorded, and ends it with
  /// `cancelled`; so does cancelling the coroutine. Failures of runs and scorers are records, not errors. Errors:
  /// `precondition_failed` (the results file is of another evaluation), `run_locked`, `storage_*`, `invalid_argument`.
  [[nodiscard]] Awaitable<Result<EvalResults>> async_run(Harness* harness,
                                                         std::function<void(const EvalProgress&)> progress,
                                                         std::stop_token stop) const;
  /// The same, blocking. Must not be called on the harness's own thread.
  [[nodiscard]] Result<EvalResults> run(Harness& harness, std::function<void(const EvalProgress&)> progress = {},
                                        std::stop_token stop = {}) const;

 private:
  Eval(Dataset dataset, std::vector<std::shared_ptr<Scorer>> scorers, EvalConfig config);
  Dataset dataset_;
  std::vector<std::shared_ptr<Scorer>> scorers_;  // shared with whoever made them
  EvalConfig config_;
};

}  // namespace orchestrator::harness
