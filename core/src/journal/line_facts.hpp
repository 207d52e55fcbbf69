// SPDX-License-Identifier: Apache-2.0
#pragma once

// What a database keeps beside a line that it stores. Pure functions.

#include "orchestrator/harness/journal.hpp"

namespace orchestrator::harness::journal {

/// What a run is after a line. Only a strict line can end one.
[[nodiscard]] RunStatus status_after(const JournalLine& line);

}  // namespace orchestrator::harness::journal
