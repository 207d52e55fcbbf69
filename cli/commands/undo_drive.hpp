// SPDX-License-Identifier: Apache-2.0
#pragma once

// What `undo` and a fork that puts files back have in common: what a plan amounts to, the question, and the undo's run
// from its start to its end. Blocking, on the main thread.

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "cli/commands/command_context.hpp"
#include "orchestrator/harness/harness.hpp"

namespace orchestrator::cli {

/// The steps of a plan, by what becomes of them.
struct UndoTally {
  std::size_t acting = 0;     // change something
  std::size_t conflicts = 0;  // are left as they are
  std::size_t stuck = 0;      // cannot be taken back
};
[[nodiscard]] UndoTally tally_of(const harness::events::UndoPlanned& plan);

/// What --overwrite agrees to lose.
[[nodiscard]] harness::UndoConsent undo_consent(const Invocation& invocation);

/// Tells on stderr which of the paths that --overwrite names have nothing to lose.
void tell_of_idle_consent(CommandContext& context, const harness::events::UndoPlanned& plan);

/// Tells on stderr what becomes of the conflicts of `plan`, and which consent would change that. Errors as of
/// `Harness::plan_undo`.
[[nodiscard]] harness::Result<void> tell_of_conflicts(CommandContext& context, harness::Harness& harness,
                                                      const harness::RunId& run_id,
                                                      const harness::events::UndoPlanned& plan,
                                                      harness::UndoOptions options);

/// The folder that the run worked in, and that its undo changes; empty where it had none.
[[nodiscard]] harness::Result<std::string> folder_of(harness::Harness& harness, const harness::RunId& run_id);

/// Whether the person at the terminal says yes. REQUIRES: `can_ask`.
[[nodiscard]] bool agrees(CommandContext& context, const std::string& question);

/// An undo that was carried out.
struct UndoEnd {
  ExitStatus status = ExitStatus::failed;
  harness::RunId run_id;
};
/// Carries the plan out, hands each event to `show`, and tells on stderr what the undo failed with.
[[nodiscard]] harness::Result<UndoEnd> drive_undo(CommandContext& context, harness::Harness& harness,
                                                  const harness::RunId& run_id,
                                                  const harness::events::UndoPlanned& plan,
                                                  harness::UndoOptions options,
                                                  const std::function<void(const harness::StreamEvent&)>& show);

}  // namespace orchestrator::cli
