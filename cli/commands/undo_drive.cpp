// SPDX-License-Identifier: Apache-2.0
#include "cli/commands/undo_drive.hpp"

#include <unistd.h>

#include <algorithm>
#include <utility>

#include "cli/commands/stop_signals.hpp"
#include "cli/display/quoted_text.hpp"
#include "cli/input/line_input.hpp"

namespace orchestrator::cli {

using harness::Result;
using harness::StreamEvent;
using harness::UndoStep;
using harness::UndoVerdict;

UndoTally tally_of(const harness::events::UndoPlanned& plan) {
  UndoTally tally;
  for (const UndoStep& step : plan.steps) {
    const bool is_conflict = step.verdict == UndoVerdict::conflict;
    tally.acting += step.verdict == UndoVerdict::restorable || (is_conflict && step.overwrites) ? 1 : 0;
    tally.conflicts += is_conflict && !step.overwrites ? 1 : 0;
    tally.stuck += step.verdict == UndoVerdict::not_undoable ? 1 : 0;
  }
  return tally;
}

harness::UndoConsent undo_consent(const Invocation& invocation) {
  harness::UndoConsent consent;
  consent.targets = invocation.values("--overwrite");
  consent.all = std::ranges::find(consent.targets, "all") != consent.targets.end();
  return consent;
}

void tell_of_idle_consent(CommandContext& context, const harness::events::UndoPlanned& plan) {
  const harness::UndoConsent consent = undo_consent(context.invocation);
  for (const std::string& target : consent.targets) {
    const bool is_met =
        consent.all || std::ranges::any_of(plan.steps, [&](const UndoStep& step) {
          return std::ranges::find(step.conflicts, target, &harness::UndoConflict::target) != step.conflicts.end();
        });
    if (!is_met) {
      context.notes.note("--overwrite " + quoted_text(target) + " is not needed: nothing of that name is in conflict");
    }
  }
}

Result<void> tell_of_conflicts(CommandContext& context, harness::Harness& harness, const harness::RunId& run_id,
                               const harness::events::UndoPlanned& plan, harness::UndoOptions options) {
  const auto overwritten = [](const harness::events::UndoPlanned& of) {
    return std::ranges::count(of.steps, true, &UndoStep::overwrites);
  };
  options.overwrite.all = true;
  const auto with_consent = harness.plan_undo(run_id, std::move(options));
  if (!with_consent) {
    return std::unexpected(with_consent.error());
  }
  std::string text = "what is in conflict is left as it is";
  if (overwritten(*with_consent) > overwritten(plan)) {
    text +=
        "; --overwrite PATH puts back there what was before the call, whatever has come since, and --overwrite all "
        "does so wherever it can be";
  }
  context.notes.note(text);
  return {};
}

Result<std::string> folder_of(harness::Harness& harness, const harness::RunId& run_id) {
  auto run = harness.open_run(run_id);
  if (!run) {
    return std::unexpected(std::move(run.error()));
  }
  auto first = run->next_blocking();
  if (!first) {
    return std::unexpected(std::move(first.error()));
  }
  const auto* started = *first ? (*first)->get_if<StreamEvent::RunStarted>() : nullptr;
  return started == nullptr ? std::string() : started->workspace;
}

bool agrees(CommandContext& context, const std::string& question) {
  context.out.flush();
  LineInput input(STDIN_FILENO, -1);
  std::string line;
  context.notes.block(question + " [y/n] ");
  while (input.next(line) == LineInput::Outcome::line) {
    if (line == "y" || line == "Y" || line == "yes") {
      return true;
    }
    if (line == "n" || line == "N" || line == "no") {
      return false;
    }
    context.notes.block("[y/n] ");
  }
  context.notes.block("\n");
  return false;
}

Result<UndoEnd> drive_undo(CommandContext& context, harness::Harness& harness, const harness::RunId& run_id,
                           const harness::events::UndoPlanned& plan, harness::UndoOptions options,
                           const std::function<void(const StreamEvent&)>& show) {
  StopSignals signals(harness.executor(), context.notes);
  auto run = harness.undo(run_id, plan, std::move(options));
  if (!run) {
    return std::unexpected(std::move(run.error()));
  }
  signals.watch(run->id(), run->control());
  UndoEnd end{ExitStatus::failed, run->id()};
  std::string failure;
  for (const StreamEvent& event : run->events()) {
    show(event);
    if (event.is_terminal()) {
      end.status = exit_status_of(event);
    }
    if (const auto* error = event.get_if<StreamEvent::Error>(); error != nullptr) {
      failure = error->error.message;
    }
  }
  signals.release();
  if (run->error()) {
    return std::unexpected(*run->error());
  }
  context.out.flush();
  if (!failure.empty()) {
    context.notes.error(failure);
  }
  return end;
}

}  // namespace orchestrator::cli
