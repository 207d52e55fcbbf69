// SPDX-License-Identifier: Apache-2.0
#include "cli/display/kept_run_text.hpp"

namespace orchestrator::cli {

using harness::KeptRun;

bool is_under_way(const KeptRun& kept) {
  return kept.reason == KeptRun::Reason::undoing || kept.reason == KeptRun::Reason::replaying;
}

std::string reason_of(const KeptRun& kept) {
  if (kept.reason == KeptRun::Reason::damaged) {
    return "run " + kept.run_id.str() +
           " is damaged, and only what is whole can be erased: `orchestrator runs salvage " + kept.run_id.str() +
           " --in-place` cuts off what is lost, `orchestrator runs delete` removes the run";
  }
  if (kept.reason == KeptRun::Reason::active || !kept.needed_by) {
    return "a process has run " + kept.run_id.str();
  }
  if (is_under_way(kept)) {
    return "run " + kept.needed_by->str() +
           (kept.reason == KeptRun::Reason::undoing ? ", an undo that has not ended, reads run "
                                                    : ", a replay that has not ended, reads run ") +
           kept.run_id.str();
  }
  return "run " + kept.needed_by->str() + " builds on run " + kept.run_id.str();
}

}  // namespace orchestrator::cli
