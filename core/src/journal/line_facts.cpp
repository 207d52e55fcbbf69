// SPDX-License-Identifier: Apache-2.0
#include "journal/line_facts.hpp"

#include "journal/run_summary.hpp"

namespace orchestrator::harness::journal {

RunStatus status_after(const JournalLine& line) {
  if (!line.strict) return RunStatus::active;
  return summarise({RunId(), line.bytes, line.bytes, 0, false}).status;
}

}  // namespace orchestrator::harness::journal
