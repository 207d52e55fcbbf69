// SPDX-License-Identifier: Apache-2.0
// `orchestrator abort|hint|pause|checkpoint`: commands for a run that another process holds.

#include <boost/json.hpp>
#include <chrono>

#include "cli/commands/commands.hpp"
#include "cli/commands/control_target.hpp"
#include "cli/commands/harness_wiring.hpp"
#include "cli/display/event_word.hpp"
#include "cli/display/run_json.hpp"
#include "cli/input/prompt.hpp"

namespace orchestrator::cli {
namespace {

using harness::fail;
using harness::Result;
using harness::RunStatus;
using harness::RuntimeErrorCode;

constexpr std::uint32_t kEndWaitMs = 10'000;
/// Why a command other than abort cannot reach this run.
harness::Error not_running(const harness::RunSummary& run) {
  const std::string id = run.run_id.str();
  if (run.status != RunStatus::active) {
    return fail(RuntimeErrorCode::run_not_active,
                "run " + id + " is not running: it has ended (" + std::string(word_of(run.status)) + ")", id)
        .error();
  }
  if (run.held) {
    return fail(RuntimeErrorCode::run_locked,
                "run " + id + " is held by a process that offers no control socket to this user", id)
        .error();
  }
  return fail(RuntimeErrorCode::run_not_active,
              "run " + id + " is not running: its process is gone; `orchestrator abort " + id +
                  "` ends it, `orchestrator resume " + id + "` goes on with it",
              id)
      .error();
}

void tell(CommandContext& context, const harness::RunId& run_id, std::string_view what,
          const std::string& hint_id = {}) {
  if (context.invocation.has("--json")) {
    boost::json::object line{{"run_id", run_id.str()}, {"result", what}};
    if (!hint_id.empty()) {
      line.emplace("hint_id", hint_id);
    }
    context.out.write(json_line(line));
    return;
  }
  context.out.write("run " + run_id.str() + ": " + std::string(what) + "\n");
}

/// hint, pause, resume and checkpoint differ in their request and their answer only.
ExitStatus carry_out(CommandContext& context, ControlVerb verb, std::string_view what) {
  ControlRequest request{verb, {}, context.invocation.has("--after-turn"), {}, control_by()};
  if (const auto text = context.invocation.argument(1); text) {
    if (auto checked = check_text(*text, verb == ControlVerb::hint ? "TEXT" : "LABEL"); !checked) {
      return report(context, checked.error());
    }
    request.text = *text;
  }
  auto target = find_control_target(context);
  if (!target) {
    return report(context, target.error());
  }
  request.run_id = target->run.run_id;
  auto answer = send_to(*target, request);
  if (answer) {
    tell(context, request.run_id, what, answer->hint_id);
    return ExitStatus::done;
  }
  if (answer.error().code != harness::name_of(RuntimeErrorCode::run_not_active)) {
    return report(context, answer.error());
  }
  auto now = target->store.summary(request.run_id);
  return report(context, not_running(now ? *now : target->run));
}

/// Waits until the run has its terminal event; false when it takes too long.
bool wait_for_end(StoreReader& store, const harness::RunId& run_id) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::milliseconds(kEndWaitMs);
  while (true) {
    auto run = store.summary(run_id);
    if (!run || run->status != RunStatus::active) {
      return true;
    }
    const auto left = deadline - std::chrono::steady_clock::now();
    const auto left_ms = std::chrono::duration_cast<std::chrono::milliseconds>(left).count();
    if (left_ms <= 0 || !store.wait(run_id, run->events, static_cast<std::uint32_t>(left_ms))) {
      return false;
    }
  }
}

ExitStatus abort_orphan(CommandContext& context, ControlTarget& target) {
  const std::string id = target.run.run_id.str();
  auto harness = make_harness(context, target.configuration);
  if (!harness) {
    return report(context, harness.error());
  }
  if (auto done = harness->abort_orphan(target.run.run_id, control_by()); !done) {
    auto now = target.store.summary(target.run.run_id);
    if (now && now->status != RunStatus::active) {
      tell(context, target.run.run_id, "had ended already");
      return ExitStatus::done;
    }
    return report(context, now && now->held ? not_running(*now) : done.error());
  }
  tell(context, target.run.run_id, "aborted; its process was gone");
  return ExitStatus::done;
}

}  // namespace

ExitStatus abort_command(CommandContext& context) {
  auto target = find_control_target(context);
  if (!target) {
    return report(context, target.error());
  }
  if (target->run.status != RunStatus::active) {
    tell(context, target->run.run_id, "had ended already");
    return ExitStatus::done;
  }
  const bool after_turn = context.invocation.has("--after-turn");
  auto answer = send_to(*target, {ControlVerb::abort, target->run.run_id, after_turn, {}, control_by(), {}, false});
  if (answer) {
    if (after_turn) {
      tell(context, target->run.run_id, "will end after its turn");
    } else {
      tell(context, target->run.run_id, wait_for_end(target->store, target->run.run_id) ? "aborted" : "is ending");
    }
    return ExitStatus::done;
  }
  if (answer.error().code != harness::name_of(RuntimeErrorCode::run_not_active)) {
    return report(context, answer.error());
  }
  return abort_orphan(context, *target);
}

ExitStatus hint_command(CommandContext& context) { return carry_out(context, ControlVerb::hint, "hint queued"); }
ExitStatus pause_command(CommandContext& context) { return carry_out(context, ControlVerb::pause, "paused"); }
ExitStatus checkpoint_command(CommandContext& context) {
  return carry_out(context, ControlVerb::checkpoint, "checkpoint written");
}

}  // namespace orchestrator::cli
