// SPDX-License-Identifier: Apache-2.0
// `orchestrator abort|hint|pause|resume|checkpoint`: commands for a run that another process holds.

#include <boost/json.hpp>
#include <chrono>
#include <thread>

#include "cli/commands/commands.hpp"
#include "cli/commands/harness_wiring.hpp"
#include "cli/control/control_client.hpp"
#include "cli/display/event_word.hpp"
#include "cli/display/run_json.hpp"
#include "cli/input/prompt.hpp"
#include "cli/store/run_reference.hpp"

namespace orchestrator::cli {
namespace {

using harness::fail;
using harness::Result;
using harness::RunStatus;
using harness::RuntimeErrorCode;

constexpr std::uint32_t kEndWaitMs = 10'000;
// A run that has just started opens its socket a moment after its first event.
constexpr int kSocketTries = 25;
constexpr std::chrono::milliseconds kSocketTryTime{20};

/// Everything that a control command needs, found from its command line.
struct Target {
  Configuration configuration;
  StoreReader store;
  harness::RunSummary run;
};

Result<Target> find_target(const CommandContext& context) {
  auto configuration = load_configuration(context);
  if (!configuration) {
    return std::unexpected(std::move(configuration.error()));
  }
  auto url = store_url(*configuration);
  if (!url) {
    return std::unexpected(std::move(url.error()));
  }
  auto store = StoreReader::open(*url);
  if (!store) {
    return std::unexpected(std::move(store.error()));
  }
  auto id = find_run(*store, context.invocation.arguments.front());
  if (!id) {
    return std::unexpected(std::move(id.error()));
  }
  auto run = store->summary(*id);
  if (!run) {
    return std::unexpected(std::move(run.error()));
  }
  return Target{*std::move(configuration), *std::move(store), *std::move(run)};
}

/// Sends to the process that holds the run; waits a moment for its socket while the run is held.
Result<ControlAnswer> send(Target& target, const ControlRequest& request) {
  for (int tries = 0;; ++tries) {
    auto answer = send_control(target.configuration.folders(), request);
    if (answer || answer.error().code != harness::name_of(RuntimeErrorCode::run_not_active) || tries >= kSocketTries) {
      return answer;
    }
    auto now = target.store.summary(request.run_id);
    if (!now || !now->held || now->status != RunStatus::active) {
      return answer;
    }
    std::this_thread::sleep_for(kSocketTryTime);
  }
}

std::string by_whom() { return "cli"; }

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
                  "` ends it, and going on with it comes with 0.1.1",
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
  ControlRequest request{verb, {}, context.invocation.has("--after-turn"), {}, by_whom()};
  if (const auto text = context.invocation.argument(1); text) {
    if (auto checked = check_text(*text, verb == ControlVerb::hint ? "TEXT" : "LABEL"); !checked) {
      return report(context, checked.error());
    }
    request.text = *text;
  }
  auto target = find_target(context);
  if (!target) {
    return report(context, target.error());
  }
  request.run_id = target->run.run_id;
  auto answer = send(*target, request);
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

ExitStatus abort_orphan(CommandContext& context, Target& target) {
  const std::string id = target.run.run_id.str();
  auto harness = make_harness(context, target.configuration);
  if (!harness) {
    return report(context, harness.error());
  }
  if (auto done = harness->abort_orphan(target.run.run_id, by_whom()); !done) {
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
  auto target = find_target(context);
  if (!target) {
    return report(context, target.error());
  }
  if (target->run.status != RunStatus::active) {
    tell(context, target->run.run_id, "had ended already");
    return ExitStatus::done;
  }
  const bool after_turn = context.invocation.has("--after-turn");
  auto answer = send(*target, {ControlVerb::abort, target->run.run_id, after_turn, {}, by_whom()});
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
ExitStatus resume_command(CommandContext& context) { return carry_out(context, ControlVerb::resume, "resumed"); }
ExitStatus checkpoint_command(CommandContext& context) {
  return carry_out(context, ControlVerb::checkpoint, "checkpoint written");
}

}  // namespace orchestrator::cli
