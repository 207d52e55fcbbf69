// SPDX-License-Identifier: Apache-2.0
#pragma once

// What `--head` names: where a run stood when somebody kept a note of it.

#include <optional>
#include <string>
#include <vector>

#include "journal/run_check.hpp"
#include "orchestrator/harness/errors.hpp"

namespace orchestrator::cli {

/// Each text is a hash, `SEQ:HASH`, or the path of an exported file, whose receipt counts. A file must be of `run_id`
/// where one is given. Errors: `invalid_argument`, and those of reading the file.
[[nodiscard]] harness::Result<std::vector<harness::journal::KnownHead>> known_heads(
    const std::vector<std::string>& texts, const std::optional<harness::RunId>& run_id);

}  // namespace orchestrator::cli
