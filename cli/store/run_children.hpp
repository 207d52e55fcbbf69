// SPDX-License-Identifier: Apache-2.0
#pragma once

// The runs that were made out of a run: forks, replays, undos, and runs of its input again. Blocking; for one thread.

#include <cstdint>
#include <vector>

#include "cli/store/store_reader.hpp"

namespace orchestrator::cli {

struct RunChild {
  harness::RunSummary run;
  std::uint64_t at_seq = 0;  // the event of the other run that it goes on from, or goes to
};

/// The newest `count_max` of them, newest first. Looks at every run of the store. Errors: those of the store.
[[nodiscard]] harness::Result<std::vector<RunChild>> read_children(StoreReader& store, const harness::RunId& run_id,
                                                                   std::uint32_t count_max);

}  // namespace orchestrator::cli
