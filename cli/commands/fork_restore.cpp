// SPDX-License-Identifier: Apache-2.0
#include "cli/commands/fork_restore.hpp"

#include <string>
#include <utility>

#include "cli/commands/control_target.hpp"
#include "cli/commands/question_prompt.hpp"
#include "cli/commands/undo_drive.hpp"
#include "cli/display/undo_text.hpp"

namespace orchestrator::cli {
namespace {

using harness::fail;
using harness::Result;
using harness::RuntimeErrorCode;
using harness::StreamEvent;
using Restored = std::expected<std::optional<harness::RunId>, ExitStatus>;

constexpr const char* kFlag = "--restore-workspace";

std::string counted(std::size_t count, const char* one, const char* many) {
  return count == 0 ? "" : std::to_string(count) + (count == 1 ? one : many);
}

/// Why the files cannot all be put back.
harness::Error not_restorable(const UndoTally& tally, const harness::RunId& run_id, std::uint64_t at_seq) {
  const std::string conflicts = counted(tally.conflicts, " call is in conflict", " calls are in conflict");
  const std::string stuck = counted(tally.stuck, " call cannot be taken back", " calls cannot be taken back");
  return fail(RuntimeErrorCode::undo_incomplete,
              "files cannot be put back to event " + std::to_string(at_seq) + ": " + conflicts +
                  (conflicts.empty() || stuck.empty() ? "" : ", ") + stuck + "; nothing was done. `orchestrator undo " +
                  run_id.str() + " --to " + std::to_string(at_seq) +
                  "` takes back what can be, and without --restore-workspace the fork goes on with the files as they "
                  "are",
              kFlag)
      .error();
}

Restored carry_out(CommandContext& context, harness::Harness& harness, const harness::RunId& run_id,
                   const harness::events::UndoPlanned& plan, harness::UndoOptions options) {
  const auto show = [&](const StreamEvent& event) {
    const auto* finished = event.get_if<StreamEvent::CompensationFinished>();
    if (finished != nullptr && finished->index < plan.steps.size()) {
      context.notes.block(undo_step_text(plan, *finished));
    }
  };
  const auto end = drive_undo(context, harness, run_id, plan, std::move(options), show);
  if (!end) {
    return std::unexpected(report(context, end.error()));
  }
  const std::string undo = end->run_id.str();
  if (end->status != ExitStatus::done) {
    context.notes.note("no fork was made; undo " + undo + " can be taken back: orchestrator undo " + undo);
    return std::unexpected(end->status);
  }
  return end->run_id;
}

}  // namespace

Result<void> check_restore_flags(const CommandContext& context) {
  const Invocation& invocation = context.invocation;
  if (!invocation.has(kFlag)) {
    for (const char* flag : {"--overwrite", "--yes"}) {
      if (invocation.has(flag)) {
        return fail(RuntimeErrorCode::invalid_argument, std::string(flag) + " goes with --restore-workspace", flag);
      }
    }
    return {};
  }
  if (invocation.has("--workspace")) {
    return fail(RuntimeErrorCode::invalid_argument,
                "--restore-workspace puts files back in the folder of the run, and --workspace names another one",
                kFlag);
  }
  if (!invocation.has("--yes") && !can_ask(context)) {
    return fail(RuntimeErrorCode::invalid_argument,
                "nobody can be asked here: see what --restore-workspace would do with `orchestrator undo RUN --to SEQ "
                "--dry-run`, then give --yes",
                kFlag);
  }
  return {};
}

Restored restore_workspace(CommandContext& context, harness::Harness& harness, const harness::RunId& run_id,
                           std::uint64_t at_seq) {
  if (!context.invocation.has(kFlag)) {
    return std::nullopt;
  }
  if (at_seq == 0) {  // the last event: nothing came after it
    context.notes.note("files stay as they are: no call came after the last event of the run");
    return std::nullopt;
  }
  harness::UndoOptions options;
  options.to_seq = at_seq;
  options.overwrite = undo_consent(context.invocation);
  options.by = control_by();
  options.trust_imported = context.invocation.has("--trust-imported");
  const auto plan = harness.plan_undo(run_id, options);
  const auto folder = plan ? folder_of(harness, run_id) : std::unexpected(plan.error());
  if (!folder) {
    return std::unexpected(report(context, folder.error()));
  }
  tell_of_idle_consent(context, *plan);
  const UndoTally tally = tally_of(*plan);
  if (tally.acting + tally.conflicts + tally.stuck == 0) {
    context.notes.note("nothing to put back: each call after event " + std::to_string(at_seq) +
                       " was taken back before, or left everything as it was");
    return std::nullopt;
  }
  if (!folder->empty()) {
    context.notes.note("in " + *folder);
  }
  context.notes.block(undo_plan_text(*plan));
  if (tally.conflicts > 0) {
    if (auto told = tell_of_conflicts(context, harness, run_id, *plan, options); !told) {
      return std::unexpected(report(context, told.error()));
    }
  }
  if (tally.conflicts + tally.stuck > 0) {
    return std::unexpected(report(context, not_restorable(tally, run_id, at_seq)));
  }
  if (!context.invocation.has("--yes") && !agrees(context, "Take these calls back, and fork?")) {
    context.notes.note("nothing was done");
    return std::unexpected(ExitStatus::denied);
  }
  return carry_out(context, harness, run_id, *plan, std::move(options));
}

}  // namespace orchestrator::cli
