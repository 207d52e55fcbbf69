// SPDX-License-Identifier: Apache-2.0
// `orchestrator resume`: a paused run goes on in its process, a run that no process holds goes on here.

#include "cli/commands/commands.hpp"
#include "cli/commands/control_target.hpp"
#include "cli/commands/gate_rules.hpp"
#include "cli/commands/harness_wiring.hpp"
#include "cli/commands/redaction_choice.hpp"
#include "cli/commands/run_drive.hpp"
#include "cli/display/event_word.hpp"
#include "cli/display/run_json.hpp"

namespace orchestrator::cli {
namespace {

using harness::fail;
using harness::RuntimeErrorCode;

/// A run goes on under what it began with: what the command line says has to be that.
harness::Result<void> check_policies(const CommandContext& context, ControlTarget& target) {
  auto page = target.store.events(target.run.run_id, 0);
  if (!page) {
    return std::unexpected(std::move(page.error()));
  }
  const auto* started = page->empty() ? nullptr : page->front().event.get_if<harness::StreamEvent::RunStarted>();
  if (started == nullptr) {
    return {};
  }
  auto rules = gate_rules_in_force(context.invocation, target.configuration);
  if (!rules) {
    return std::unexpected(std::move(rules.error()));
  }
  if (!started->gates.empty() && rules->rules.empty()) {
    return fail(RuntimeErrorCode::precondition_failed,
                "the run began under rules, and there are none here; --gates FILE gives it those that it began with",
                "--gates");
  }
  if (started->gates.empty() && context.invocation.has("--gates")) {
    return fail(RuntimeErrorCode::precondition_failed,
                "the run began under no rules, and goes on under none: leave --gates out", "--gates");
  }
  if (started->gates.empty() && !rules->rules.empty()) {
    context.notes.note("the run began under no rules, and goes on under none");
  }
  return {};
}

ExitStatus resume_here(CommandContext& context, ControlTarget& target) {
  const harness::RunId run_id = target.run.run_id;
  if (auto checked = check_policies(context, target); !checked) {
    return report(context, checked.error());
  }
  auto questions = read_open_questions(target.store, run_id);
  if (!questions) {
    return report(context, questions.error());
  }
  auto harness = make_harness(context, target.configuration);
  if (!harness) {
    return report(context, harness.error());
  }
  StopSignals signals(harness->executor(), context.notes);
  harness::ResumeOptions options;
  options.by = control_by();
  options.trust_imported = context.invocation.has("--trust-imported");
  const DriveOptions drive{harness->executor(),
                           target.configuration.folders(),
                           false,
                           true,
                           questions->tools_of_calls(),
                           *std::move(questions),
                           display_vault(context, target.configuration)};
  return drive_run(context, harness->resume_run(run_id, std::move(options)), signals, drive);
}

}  // namespace

ExitStatus resume_command(CommandContext& context) {
  auto target = find_control_target(context);
  if (!target) {
    return report(context, target.error());
  }
  const std::string id = target->run.run_id.str();
  if (target->run.status != harness::RunStatus::active) {
    return report(
        context,
        fail(RuntimeErrorCode::run_not_active,
             "run " + id + " is not running: it has ended (" + std::string(word_of(target->run.status)) + ")", id)
            .error());
  }
  ControlRequest request;
  request.verb = ControlVerb::resume;
  request.run_id = target->run.run_id;
  request.by = control_by();
  request.trust_imported = context.invocation.has("--trust-imported");
  if (!target->run.held && (context.invocation.has("--gates") || context.invocation.has("--redact"))) {
    target->daemon.reset();  // they are for a run that goes on here
  }
  const auto answer = send_to(*target, request);
  if (answer) {
    context.out.write(context.invocation.has("--json") ? json_line({{"run_id", id}, {"result", "resumed"}})
                                                       : "run " + id + ": resumed\n");
    return ExitStatus::done;
  }
  if (answer.error().code != harness::name_of(RuntimeErrorCode::run_not_active)) {
    return report(context, answer.error());
  }
  return resume_here(context, *target);
}

}  // namespace orchestrator::cli
