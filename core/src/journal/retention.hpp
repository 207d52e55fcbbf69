// SPDX-License-Identifier: Apache-2.0
#pragma once

// Which runs go, so that none that stays loses what it builds on. Pure.

#include <optional>
#include <vector>

#include "orchestrator/harness/run_store.hpp"

namespace orchestrator::harness::journal {

/// A run and the runs that it builds on: the one it is a fork of, and the one that its history ends with. `source` is
/// the run that it takes back or replays, as long as it has not ended.
struct LinkedRun {
  RunSummary run;
  std::optional<RunId> parent;
  std::optional<RunId> base;
  std::optional<RunId> source;
  bool is_erased = false;  // what was said in it is gone
};

/// What `RunStarted` says of the runs before it; nothing where the line does not read.
[[nodiscard]] LinkedRun linked_run(RunSummary run, std::string_view first_line);

[[nodiscard]] bool builds_on(const LinkedRun& run, const RunId& other);

/// What goes by a policy out of `runs`, which are all runs of a store, newest first.
[[nodiscard]] RemovalPlan plan_by_policy(const std::vector<LinkedRun>& runs, const RetentionPolicy& policy);

/// The same of what is erased: runs that are so already are left out, and those known to be damaged are kept.
[[nodiscard]] RemovalPlan plan_erasure(const std::vector<LinkedRun>& runs, const RetentionPolicy& policy);

/// What goes with the `chosen` ones. See `RunStore::plan_removal`.
[[nodiscard]] RemovalPlan plan_by_choice(const std::vector<LinkedRun>& runs, const std::vector<RunId>& chosen,
                                         bool with_dependents);

}  // namespace orchestrator::harness::journal
