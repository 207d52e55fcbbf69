// SPDX-License-Identifier: Apache-2.0
#include "cli/commands/damage_report.hpp"

#include "cli/store/blocking_wait.hpp"
#include "journal/quarantine.hpp"

namespace orchestrator::cli {

std::optional<harness::Error> noted_damage(StoreReader& store, const harness::RunSummary& run) {
  if (!run.damaged) {
    return std::nullopt;
  }
  const std::string damage = wait_for(harness::journal::noted_damage(store.shared(), run.run_id));
  return harness::fail(harness::RuntimeErrorCode::journal_damaged,
                       damage.empty() ? "the first or the last step of " + run.run_id.str() + " does not read" : damage,
                       run.run_id.str())
      .error();
}

ExitStatus report_damage(CommandContext& context, const harness::RunId& run_id, const harness::Error& error) {
  const ExitStatus status = report(context, error);
  if (status == ExitStatus::damaged) {
    context.notes.note("what is shown comes before the damage; `orchestrator runs salvage " + run_id.str() +
                       "` keeps it");
  }
  return status;
}

}  // namespace orchestrator::cli
