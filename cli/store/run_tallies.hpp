// SPDX-License-Identifier: Apache-2.0
#pragma once

// What is counted over all events of a stored run.

#include "cli/store/attempt_tally.hpp"
#include "cli/store/store_reader.hpp"
#include "cli/store/tool_tally.hpp"
#include "orchestrator/harness/errors.hpp"
#include "orchestrator/harness/ids.hpp"

namespace orchestrator::cli {

struct RunTallies {
  ToolTally tools;
  AttemptTally attempts;
};

/// Blocking; reads the whole journal. Errors: `run_not_found`, `journal_damaged`.
[[nodiscard]] harness::Result<RunTallies> read_tallies(StoreReader& store, const harness::RunId& run_id);

}  // namespace orchestrator::cli
