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
  std::optional<harness::Error> damage;  // where counting ended
};

/// Blocking; reads the whole journal, or what comes before its damage. Errors: `run_not_found`, and of the disk.
[[nodiscard]] harness::Result<RunTallies> read_tallies(StoreReader& store, const harness::RunId& run_id);

}  // namespace orchestrator::cli
