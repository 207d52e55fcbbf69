// SPDX-License-Identifier: Apache-2.0
#pragma once

// What a person writes for a run or a session: a whole id, the beginning of one, or @last. Blocking look-ups in the
// store.

#include <string>

#include "cli/store/store_reader.hpp"
#include "orchestrator/harness/errors.hpp"
#include "orchestrator/harness/ids.hpp"

namespace orchestrator::cli {

/// The run that `text` names. The prefix `run_` may be left out, and letters may be of either case. Errors:
/// `run_not_found`; `invalid_argument` where several runs begin so (some of them are named).
[[nodiscard]] harness::Result<harness::RunId> find_run(StoreReader& store, const std::string& text);

/// The same for a session; @last is the session of the newest run. Errors: `session_not_found`, `invalid_argument`.
[[nodiscard]] harness::Result<harness::SessionId> find_session(StoreReader& store, const std::string& text);

}  // namespace orchestrator::cli
