// SPDX-License-Identifier: Apache-2.0
#pragma once

// A point of a run as a command line names it.

#include <cstdint>
#include <string>

#include "cli/store/store_reader.hpp"

namespace orchestrator::cli {

/// The event that `text`, the value of `flag`, names: the label of a checkpoint, or its number. Labels go first, since
/// releases before 0.2.2 let a label be a number. Blocking; reads the journal. Errors: `invalid_argument`, which says
/// what there is, `run_not_found`, `journal_damaged`.
[[nodiscard]] harness::Result<std::uint64_t> find_point(StoreReader& store, const harness::RunId& run_id,
                                                        const std::string& flag, const std::string& text);

}  // namespace orchestrator::cli
