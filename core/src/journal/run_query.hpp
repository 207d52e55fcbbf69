// SPDX-License-Identifier: Apache-2.0
#pragma once

// Whether a run is one that was asked for. Pure.

#include <string_view>

#include "orchestrator/harness/run_store.hpp"

namespace orchestrator::harness::journal {

/// True where the run meets what `query` says beside `query.where`, which the store has looked at, and `query.parent`.
[[nodiscard]] bool passes(const RunQuery& query, const RunSummary& run);

/// True where the run that begins with this line was made out of the one that `query` names, or `query` names none.
[[nodiscard]] bool is_child(const RunQuery& query, std::string_view first_line);

}  // namespace orchestrator::harness::journal
