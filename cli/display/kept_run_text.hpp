// SPDX-License-Identifier: Apache-2.0
#pragma once

// Why a run stays that was to be removed, for people. Pure functions.

#include <string>

#include "orchestrator/harness/run_store.hpp"

namespace orchestrator::cli {

/// Whether it stays for an undo or a replay that has not ended.
[[nodiscard]] bool is_under_way(const harness::KeptRun& kept);
/// The reason, as a part of a sentence.
[[nodiscard]] std::string reason_of(const harness::KeptRun& kept);

}  // namespace orchestrator::cli
