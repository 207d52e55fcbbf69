// SPDX-License-Identifier: Apache-2.0
// `orchestrator undo`: shows what taking a run back would do, asks, and does it.

#include <unistd.h>

#include <algorithm>
#include <boost/json.hpp>
#include <string>
#include <utility>

#include "cli/commands/commands.hpp"
#include "cli/commands/control_target.hpp"
#include "cli/commands/harness_wiring.hpp"
#include "cli/commands/question_prompt.hpp"
#include "cli/commands/stop_signals.hpp"
#include "cli/display/event_word.hpp"
#include "cli/display/run_json.hpp"
#include "cli/display/table.hpp"
#include "cli/input/line_input.hpp"

namespace orchestrator::cli {
namespace {

using harness::fail;
using harness::Result;
using harness::RuntimeErrorCode;
using harness::StreamEvent;
using harness::UndoConflict;
using harness::UndoStep;
using harness::UndoVerdict;

constexpr std::size_t kShownDigits = 12;     // of a hash
constexpr std::size_t kShownColumns = 8192;  // nothing that a person agrees to is cut

bool is_number(const std::string& text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

Result<harness::UndoOptions> options_of(const CommandContext& context) {
  harness::UndoOptions options;
  options.by = control_by();
  if (const auto to = context.invocation.value("--to"); to) {
    constexpr std::size_t digits_max = 18;
    if (to->empty()) {
      return fail(RuntimeErrorCode::invalid_argument, "--to needs an event or a label, not an empty text", "--to");
    }
    if (!is_number(*to)) {
      options.to_label = *to;
    } else if (to->size() > digits_max) {
      return fail(RuntimeErrorCode::invalid_argument, "--to: the run has no event " + *to, "--to");
    } else {
      options.to_seq = std::stoull(*to);
    }
  }
  options.overwrite.targets = context.invocation.values("--overwrite");
  options.overwrite.all = std::ranges::find(options.overwrite.targets, "all") != options.overwrite.targets.end();
  return options;
}

std::string shown(const std::optional<harness::Hash>& hash) {
  return hash ? hash->str().substr(0, kShownDigits) : std::string("nothing");
}

/// What becomes of a step, in one or two words.
std::string verdict_of(const UndoStep& step) {
  switch (step.verdict) {
    case UndoVerdict::restorable:
      return "restorable";
    case UndoVerdict::nothing_to_do:
      return "nothing to do";
    case UndoVerdict::conflict:
      return step.overwrites ? "overwrite" : "conflict";
    case UndoVerdict::not_undoable:
      return "not undoable";
  }
  return {};
}

std::string text_of(const UndoConflict& conflict) {
  std::string text = conflict.target + ": " + conflict.reason;
  if (conflict.expected != conflict.found) {
    text += " (expected " + shown(conflict.expected) + ", found " + shown(conflict.found) + ")";
  }
  return text;
}

std::string plan_text(const harness::events::UndoPlanned& plan) {
  Table table({"STEP", "EVENT", "CALL", "TOOL", "VERDICT", "WHAT"});
  for (std::size_t i = 0; i < plan.steps.size(); ++i) {
    const UndoStep& step = plan.steps[i];
    const std::string number = std::to_string(i + 1);
    if (step.conflicts.empty()) {
      table.add({number, std::to_string(step.seq), step.call_id, step.tool, verdict_of(step), step.reason});
    }
    for (const UndoConflict& conflict : step.conflicts) {
      table.add({number, std::to_string(step.seq), step.call_id, step.tool, verdict_of(step), text_of(conflict)});
    }
  }
  return table.text(kShownColumns);
}

boost::json::object json_of(const UndoStep& step, std::size_t number) {
  const auto hash = [](const std::optional<harness::Hash>& value) -> boost::json::value {
    return value ? boost::json::value(value->str()) : boost::json::value(nullptr);
  };
  boost::json::array conflicts;
  for (const UndoConflict& conflict : step.conflicts) {
    conflicts.push_back({{"target", conflict.target},
                         {"expected", hash(conflict.expected)},
                         {"found", hash(conflict.found)},
                         {"reason", conflict.reason}});
  }
  return {{"step", number},
          {"seq", step.seq},
          {"call_id", step.call_id},
          {"tool", step.tool},
          {"verdict", std::string(word_of(step.verdict))},
          {"overwrites", step.overwrites},
          {"reason", step.reason},
          {"conflicts", std::move(conflicts)}};
}

void show_plan(CommandContext& context, const harness::events::UndoPlanned& plan) {
  if (context.invocation.has("--json")) {
    for (std::size_t i = 0; i < plan.steps.size(); ++i) {
      context.out.write(json_line(json_of(plan.steps[i], i + 1)));
    }
    return;
  }
  context.out.write(plan.steps.empty() ? "nothing to take back\n" : plan_text(plan));
}

/// Whether the person at the terminal wants it.
bool agrees(CommandContext& context) {
  context.out.flush();
  LineInput input(STDIN_FILENO, -1);
  std::string line;
  context.notes.block("Take these calls back? [y/n] ");
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

/// Shows each step as it ends; the status of the whole.
class StepView {
 public:
  StepView(CommandContext& context, const harness::events::UndoPlanned& plan) : context_(context), plan_(plan) {}

  void show(const StreamEvent& event) {
    if (event.is_terminal()) {
      status_ = exit_status_of(event);
      if (const auto* error = event.get_if<StreamEvent::Error>(); error != nullptr) {
        failure_ = error->error.message;
      }
    }
    if (context_.invocation.has("--json")) {
      context_.out.write(event.json() + "\n");
      context_.out.flush();
      return;
    }
    const auto* finished = event.get_if<StreamEvent::CompensationFinished>();
    if (finished == nullptr || finished->index >= plan_.steps.size()) {
      return;
    }
    const UndoStep& step = plan_.steps[finished->index];
    Table line({"", "", "", ""});
    std::string what = finished->error ? finished->error->message : step.reason;
    for (const UndoConflict& conflict : finished->conflicts) {
      what = text_of(conflict);
    }
    line.add({std::to_string(finished->index + 1), step.tool, std::string(word_of(finished->outcome)), what});
    const std::string text = line.text(kShownColumns);
    context_.out.write(text.substr(text.find('\n') + 1));
    context_.out.flush();
  }

  ExitStatus finish(const harness::RunHandle& run) {
    context_.out.flush();
    if (!failure_.empty()) {
      context_.notes.error(failure_);
    }
    context_.notes.note("undo " + run.id().str() + "; take it back with: orchestrator undo " + run.id().str());
    return status_;
  }

 private:
  CommandContext& context_;
  const harness::events::UndoPlanned& plan_;
  ExitStatus status_ = ExitStatus::failed;
  std::string failure_;
};

/// The folder that the run worked in, and that its undo will change; empty where it had none.
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

ExitStatus carry_out(CommandContext& context, harness::Harness& harness, const harness::RunId& run_id,
                     const harness::events::UndoPlanned& plan, harness::UndoOptions options) {
  StopSignals signals(harness.executor(), context.notes);
  auto run = harness.undo(run_id, plan, std::move(options));
  if (!run) {
    return report(context, run.error());
  }
  signals.watch(run->id(), run->control());
  StepView view(context, plan);
  for (const StreamEvent& event : run->events()) {
    view.show(event);
  }
  signals.release();
  if (run->error()) {
    return report(context, *run->error());
  }
  return view.finish(*run);
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
  auto options = options_of(context);
  if (!options) {
    return report(context, options.error());
  }
  auto harness = make_harness(context, target->configuration);
  if (!harness) {
    return report(context, harness.error());
  }
  const harness::RunId run_id = target->run.run_id;
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
  const bool shows_plan = only_shows || !context.invocation.has("--json");
  if (shows_plan) {
    show_plan(context, *plan);
  }
  if (only_shows || plan->steps.empty()) {
    return ExitStatus::done;
  }
  if (!is_agreed && !agrees(context)) {
    context.notes.note("nothing was done");
    return ExitStatus::denied;
  }
  return carry_out(context, *harness, run_id, *plan, *std::move(options));
}

}  // namespace orchestrator::cli
