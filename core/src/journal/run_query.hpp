// SPDX-License-Identifier: Apache-2.0
#pragma once

// Whether a run is one that was asked for. Pure.

#include "orchestrator/harness/run_store.hpp"

namespace orchestrator::harness::journal {

/// True where the run meets what `query` says beside `query.where`, which the store has looked at.
[[nodiscard]] bool passes(const RunQuery& query, const RunSummary& run);

}  // namespace orchestrator::harness::journal
