// SPDX-License-Identifier: Apache-2.0
// `orchestrator undo`: shows what taking a run back would do, asks, and does it.

#include <algorithm>
#include <string>
#include <utility>

#include "cli/commands/commands.hpp"
#include "cli/commands/control_target.hpp"
#include "cli/commands/harness_wiring.hpp"
#include "cli/commands/question_prompt.hpp"
#include "cli/commands/undo_drive.hpp"
#include "cli/display/run_json.hpp"
#include "cli/display/undo_text.hpp"
#include "cli/store/run_point.hpp"

namespace orchestrator::cli {
namespace {

using harness::fail;
using harness::Result;
using harness::RuntimeErrorCode;
using harness::StreamEvent;

Result<harness::UndoOptions> options_of(const CommandContext& context, StoreReader& store,
                                        const harness::RunId& run_id) {
  harness::UndoOptions options;
  options.by = control_by();
  if (const auto to = context.invocation.value("--to"); to && *to != "0") {  // 0: before the first event
    auto seq = find_point(store, run_id, "--to", *to);
    if (!seq) {
      return std::unexpected(std::move(seq.error()));
    }
    options.to_seq = *seq;
  }
  options.overwrite = undo_consent(context.invocation);
  options.trust_imported = context.invocation.has("--trust-imported");
  return options;
}

void show_plan(CommandContext& context, const harness::events::UndoPlanned& plan) {
  if (!context.invocation.has("--json")) {
    context.out.write(undo_plan_text(plan));
    return;
  }
  for (const auto& step : undo_plan_json(plan)) {
    context.out.write(json_line(step));
  }
}

/// Where nothing of the plan acts or stands against it: what is said in place of an undo.
std::string nothing_text(const harness::RunId& run_id, const harness::events::UndoPlanned& plan) {
  if (!plan.steps.empty()) {
    return "nothing to undo: each of these calls was taken back before, or left everything as it was";
  }
  return "nothing to undo: run " + run_id.str() + " called no tool that changes anything" +
         (plan.to_seq > 0 ? " after event " + std::to_string(plan.to_seq) : "");
}

ExitStatus carry_out(CommandContext& context, harness::Harness& harness, const harness::RunId& run_id,
                     const harness::events::UndoPlanned& plan, harness::UndoOptions options) {
  const auto show = [&](const StreamEvent& event) {
    const auto* finished = event.get_if<StreamEvent::CompensationFinished>();
    if (context.invocation.has("--json")) {
      context.out.write(event.json() + "\n");
    } else if (finished != nullptr && finished->index < plan.steps.size()) {
      context.out.write(undo_step_text(plan, *finished));
    }
    context.out.flush();
  };
  const auto end = drive_undo(context, harness, run_id, plan, std::move(options), show);
  if (!end) {
    return report(context, end.error());
  }
  context.notes.note("undo " + end->run_id.str() + "; take it back with: orchestrator undo " + end->run_id.str());
  return end->status;
}

}  // namespace

ExitStatus undo_command(CommandContext& context) {
  const bool only_shows = context.invocation.has("--dry-run");
  const bool is_agreed = context.invocation.has("--yes");
  if (!only_shows && !is_agreed && !can_ask(context)) {
    return report(context, fail(RuntimeErrorCode::invalid_argument,
                                "nobody can be asked here: see what would be done with --dry-run, then give --yes")
                               .error());
  }
  auto target = find_control_target(context);
  if (!target) {
    return report(context, target.error());
  }
  const harness::RunId run_id = target->run.run_id;
  auto options = options_of(context, target->store, run_id);
  if (!options) {
    return report(context, options.error());
  }
  auto harness = make_harness(context, target->configuration);
  if (!harness) {
    return report(context, harness.error());
  }
  const auto plan = harness->plan_undo(run_id, *options);
  if (!plan) {
    return report(context, plan.error());
  }
  const auto folder = folder_of(*harness, run_id);
  if (!folder) {
    return report(context, folder.error());
  }
  if (!folder->empty()) {
    context.notes.note("in " + *folder);  // a run may come from elsewhere, and name any folder
  }
  if (only_shows || !context.invocation.has("--json")) {
    show_plan(context, *plan);
  }
  tell_of_idle_consent(context, *plan);
  const UndoTally tally = tally_of(*plan);
  if (tally.acting + tally.conflicts + tally.stuck == 0) {
    const std::string nothing = nothing_text(run_id, *plan);
    if (context.invocation.has("--json")) {
      context.out.flush();
      context.notes.note(nothing);
    } else {
      context.out.write(nothing + "\n");
    }
    return ExitStatus::done;
  }
  if (tally.conflicts > 0) {
    context.out.flush();
    if (auto told = tell_of_conflicts(context, *harness, run_id, *plan, *options); !told) {
      return report(context, told.error());
    }
  }
  if (only_shows) {
    return ExitStatus::done;
  }
  const bool is_refused = target->run.imported && !options->trust_imported;  // by the undo, whatever is answered
  if (!is_agreed && !is_refused && !agrees(context, "Take these calls back?")) {
    context.notes.note("nothing was done");
    return ExitStatus::denied;
  }
  return carry_out(context, *harness, run_id, *plan, *std::move(options));
}

}  // namespace orchestrator::cli
