// SPDX-License-Identifier: Apache-2.0
// `orchestrator approve|deny`: a person's answer to a question of a run, from any process.

#include <array>
#include <boost/json.hpp>
#include <optional>
#include <utility>

#include "cli/commands/commands.hpp"
#include "cli/commands/control_target.hpp"
#include "cli/commands/harness_wiring.hpp"
#include "cli/commands/question_text.hpp"
#include "cli/display/escaped_text.hpp"
#include "cli/display/quoted_text.hpp"
#include "cli/display/run_json.hpp"
#include "cli/input/prompt.hpp"
#include "cli/store/open_questions.hpp"

namespace orchestrator::cli {
namespace {

using harness::fail;
using harness::InterruptDecision;
using harness::InterruptKind;
using harness::Result;
using harness::RuntimeErrorCode;

std::string list_calls(const OpenQuestions& questions) {
  std::string names;
  for (const OpenQuestion& question : questions.list()) {
    names.append(names.empty() ? "" : ", ")
        .append(escaped_line(question.raised.call_id))
        .append(" (" + escaped_line(question.raised.tool) + ")");
  }
  return names;
}

/// The open question of the call that is named, or the only one.
Result<OpenQuestion> choose_question(const OpenQuestions& questions, const std::string& run,
                                     const std::optional<std::string>& call) {
  const auto& open = questions.list();
  if (open.empty()) {
    return fail(RuntimeErrorCode::run_not_found, "run " + run + " has no open question: nothing waits for an approval",
                run);
  }
  if (!call) {
    return open.size() == 1 ? Result<OpenQuestion>(open.front())
                            : fail(RuntimeErrorCode::invalid_argument,
                                   "several calls of run " + run + " wait; name one: " + list_calls(questions), "CALL");
  }
  for (const OpenQuestion& question : open) {
    if (question.raised.call_id == *call) {
      return question;
    }
  }
  return fail(RuntimeErrorCode::run_not_found,
              "no call " + quoted_text(*call) + " of run " + run + " waits; there are: " + list_calls(questions),
              *call);
}

Result<InterruptDecision> decision_of(const CommandContext& context, bool allow,
                                      const harness::StreamEvent::InterruptRaised& raised) {
  if (!allow) {
    return InterruptDecision::deny;
  }
  if (!context.invocation.has("--for-run")) {
    return InterruptDecision::allow_once;
  }
  if (!raised.reason.empty()) {
    return fail(RuntimeErrorCode::invalid_argument,
                "--for-run does not fit: " + raised.reason + " each call needs an approval of its own", "--for-run");
  }
  if (raised.kind == InterruptKind::clarification) {
    return fail(RuntimeErrorCode::invalid_argument,
                "--for-run does not fit: the question is whether to make one call again", "--for-run");
  }
  return InterruptDecision::allow_run;
}

/// Through the process that holds the run, or in the store where none does. True: a process holds it.
Result<bool> record(const CommandContext& context, ControlTarget& target, harness::InterruptAnswer answer) {
  ControlRequest request;
  request.verb = answer.decision == InterruptDecision::deny ? ControlVerb::deny : ControlVerb::approve;
  request.run_id = target.run.run_id;
  request.text = answer.reason;
  request.by = answer.by;
  request.interrupt_id = answer.interrupt_id;
  request.for_run = answer.decision == InterruptDecision::allow_run;
  auto sent = send_to(target, request);
  if (sent) {
    return sent->is_held;
  }
  if (sent.error().code != harness::name_of(RuntimeErrorCode::run_not_active)) {
    return std::unexpected(std::move(sent.error()));
  }
  auto harness = make_harness(context, target.configuration);
  if (!harness) {
    return std::unexpected(std::move(harness.error()));
  }
  if (auto done = harness->answer_orphan(target.run.run_id, std::move(answer)); !done) {
    return std::unexpected(std::move(done.error()));
  }
  return false;
}

void tell(CommandContext& context, const ControlTarget& target, const OpenQuestion& question, std::string_view decision,
          bool is_held) {
  const std::string run = target.run.run_id.str();
  if (context.invocation.has("--json")) {
    context.out.write(json_line({{"run_id", run},
                                 {"call_id", question.raised.call_id},
                                 {"tool", question.raised.tool},
                                 {"interrupt_id", question.raised.interrupt_id.str()},
                                 {"decision", decision},
                                 {"held", is_held}}));
  } else {
    context.out.write("run " + run + ": " + escaped_line(question.raised.tool + " " + question.raised.call_id) + " " +
                      (decision == "deny" ? "denied" : "approved") + "\n");
  }
  if (!is_held) {
    context.notes.note("go on with: orchestrator resume " + run);
  }
}

ExitStatus answer(CommandContext& context, bool allow) {
  auto target = find_control_target(context);
  if (!target) {
    return report(context, target.error());
  }
  auto questions = read_open_questions(target->store, target->run.run_id);
  if (!questions) {
    return report(context, questions.error());
  }
  auto question = choose_question(*questions, target->run.run_id.str(), context.invocation.argument(1));
  if (!question) {
    return report(context, question.error());
  }
  auto decision = decision_of(context, allow, question->raised);
  if (!decision) {
    return report(context, decision.error());
  }
  harness::InterruptAnswer answer{question->raised.interrupt_id, *decision, control_by(), {}};
  if (const auto reason = context.invocation.value("--reason"); reason) {
    if (auto checked = check_text(*reason, "--reason"); !checked) {
      return report(context, checked.error());
    }
    answer.reason = *reason;
  }
  context.notes.block(question_text(*question, context.terminal.err_is_terminal ? context.terminal.columns : 0));
  if (context.invocation.has("--dry-run")) {
    return ExitStatus::done;
  }
  auto is_held = record(context, *target, std::move(answer));
  if (!is_held) {
    return report(context, is_held.error());
  }
  constexpr auto words = std::to_array<std::string_view>({"allow_once", "allow_run", "deny"});
  tell(context, *target, *question, words.at(static_cast<std::size_t>(*decision)), *is_held);
  return ExitStatus::done;
}

}  // namespace

ExitStatus approve_command(CommandContext& context) { return answer(context, true); }
ExitStatus deny_command(CommandContext& context) { return answer(context, false); }

}  // namespace orchestrator::cli
