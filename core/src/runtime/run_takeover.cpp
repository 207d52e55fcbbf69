// SPDX-License-Identifier: Apache-2.0
#include "runtime/run_takeover.hpp"

#include <algorithm>
#include <chrono>
#include <optional>
#include <utility>
#include <vector>

#include "event/field_encoder.hpp"
#include "kernel/tool_calls.hpp"
#include "runtime/event_cursor.hpp"
#include "runtime/imported_run.hpp"
#include "runtime/run_driver.hpp"
#include "runtime/session_history.hpp"
#include "runtime/tool_registry.hpp"
#include "runtime/wall_clock.hpp"

namespace orchestrator::harness::runtime {
namespace {

namespace asio = boost::asio;
using EnginePtr = std::shared_ptr<Engine>;

// A run that this process has taken the lock of, as its journal leaves it.
struct Taken {
  FoldedRun run;
  OpenedRun opened;
};

// Wall time since the run's last event, by which its clock goes on: never backwards.
std::uint64_t resumed_elapsed_us(const FoldedRun& run) {
  const std::int64_t gap_us = wall_now().unix_us - run.last_at.unix_us;
  return run.state.facts.last_elapsed_us + static_cast<std::uint64_t>(gap_us > 0 ? gap_us : 0);
}

asio::awaitable<Result<Taken>> take(EnginePtr engine, RunId id) {
  auto opened = co_await engine->store().open(id);
  if (!opened) co_return std::unexpected(opened.error());
  auto run = co_await fold_whole_run(engine->options().store, id);
  if (!run) co_return std::unexpected(run.error());
  if (const auto* ended = std::get_if<kernel::Ended>(&run->state.phase)) {
    co_return fail(RuntimeErrorCode::run_not_active, "the run has ended (" + ended->terminal + ")", id.str());
  }
  if (std::holds_alternative<kernel::NotStarted>(run->state.phase)) {
    co_return fail(RuntimeErrorCode::journal_damaged, "the run's journal is empty", id.str());
  }
  Taken taken{*std::move(run), *std::move(opened)};
  co_return taken;
}

std::shared_ptr<RunDriver> drive(const EnginePtr& engine, Taken taken) {
  auto driver = std::make_shared<RunDriver>(engine, taken.run.state.facts.identity, std::move(taken.opened.writer));
  const std::uint64_t elapsed_us = resumed_elapsed_us(taken.run);
  driver->take_over(std::move(taken.run.state), taken.run.head, elapsed_us);
  return driver;
}

// The end is shown to a reader once it is durable.
asio::awaitable<Result<void>> wait_for_end(EnginePtr engine, std::shared_ptr<RunDriver> driver, std::uint64_t seq) {
  EventCursor cursor(engine, driver->run_id(), driver->tail(), seq);
  for (;;) {
    Result<std::optional<StreamEvent>> event = co_await cursor.next();
    if (!event) co_return std::unexpected(event.error());
    if (!*event) co_return Result<void>();
  }
}

// Whether a tool is still the one that the run declared. How far it reaches matters to no run without a stance, and
// runs from before 0.2.1 do not know it.
bool is_as_declared(ToolSpec now, const ToolSpec& declared, const ToolPolicy& policy) {
  if (policy.injection == InjectionStance::off) {
    now.reach = declared.reach;
    now.is_output_trusted = declared.is_output_trusted;
  }
  return now == declared;
}

// The tools that the run declared, from those of the harness and of the caller.
Result<ToolRegistry> tools_of(const Engine& engine, const events::RunStarted& spec,
                              const std::vector<std::shared_ptr<Tool>>& more) {
  ToolRegistry tools;
  for (const auto& tool : more) {
    if (auto added = tools.add(tool); !added) return std::unexpected(added.error());
  }
  ToolRegistryAccess::merge(tools, engine.options().tools);
  for (const ToolSpec& declared : spec.tools) {
    const auto tool = tools.find(declared.name);
    if (!tool) {
      return fail(RuntimeErrorCode::precondition_failed,
                  "the run needs the tool '" + declared.name + "', which this harness does not have", "tools");
    }
    if (!is_as_declared(tool->spec(), declared, spec.tool_policy)) {
      return fail(RuntimeErrorCode::precondition_failed,
                  "the tool '" + declared.name + "' is no longer declared as it was when the run began", "tools");
    }
  }
  return tools;
}

// A run goes on under the rules that it began with, or not at all.
Result<void> check_rules(const Engine& engine, const events::RunStarted& spec) {
  const auto pinned = std::ranges::find(spec.pinned, "gates", &events::PinnedHash::name);
  const auto& rules = engine.options().rules;
  if (pinned == spec.pinned.end() || (rules && rules->hash() == pinned->hash)) return {};
  return fail(
      RuntimeErrorCode::precondition_failed,
      rules ? "the rules are not those that the run began with" : "the run began under rules, and there are none here",
      "gates");
}

// So with what is taken out of its texts. A run that began without goes on without.
Result<void> check_redaction(const Engine& engine, const events::RunStarted& spec) {
  const auto pinned = std::ranges::find(spec.pinned, "redaction", &events::PinnedHash::name);
  const auto& redactor = engine.options().redactor;
  if (pinned == spec.pinned.end() || (redactor && redactor->hash() == pinned->hash)) return {};
  const std::string mode(event::enum_name(spec.redaction));
  return fail(RuntimeErrorCode::precondition_failed,
              redactor ? "the redaction is not the one that the run began with, whose mode was " + mode +
                             "; its detectors and names count, too"
                       : "the run began under redaction (" + mode + "), and there is none here",
              "redaction");
}

// What the dead process had begun and not finished.
std::vector<event::inputs::EffectLost> lost_effects(const kernel::State& state) {
  std::vector<event::inputs::EffectLost> lost;
  if (const auto* calling = std::get_if<kernel::Calling>(&state.phase)) lost.push_back({calling->attempt.number, {}});
  if (const auto* stopping = std::get_if<kernel::Stopping>(&state.phase)) {
    lost.push_back({stopping->attempt.number, {}});
  }
  if (const auto* acting = std::get_if<kernel::Acting>(&state.phase)) {
    for (const kernel::ToolCallProgress& call : acting->calls) {
      const bool had_started = call.stage == kernel::CallStage::running || call.stage == kernel::CallStage::lost;
      if (had_started) lost.push_back({0, call.call_id});
    }
  }
  return lost;
}

// A step of an undo that the dead process had begun: nobody here can say how far it came.
std::optional<event::inputs::Compensated> lost_step(const kernel::State& state) {
  const auto* undoing = std::get_if<kernel::Undoing>(&state.phase);
  if (undoing == nullptr || undoing->stage != kernel::UndoStage::running) return std::nullopt;
  event::inputs::Compensated compensated;
  compensated.index = undoing->next;
  compensated.attempt = undoing->attempt;
  compensated.outcome = CompensationOutcome::failed;
  compensated.error = ToolError{
      ToolErrorCode::tool_outcome_unknown,
      "the process that took the call back is gone",
      undoing->plan.steps.at(undoing->next).tool,
      {}}.to_error();
  return compensated;
}

}  // namespace

asio::awaitable<Result<void>> abort_orphan(EnginePtr engine, RunId id, std::string by) {
  auto taken = co_await take(engine, id);
  if (!taken) co_return std::unexpected(taken.error());
  const std::uint64_t seq = taken->run.head.seq;
  auto step = lost_step(taken->run.state);
  auto driver = drive(engine, *std::move(taken));
  event::inputs::Abort abort;
  abort.by = std::move(by);
  event::Input::Value value = std::move(abort);
  Result<void> aborted = co_await driver->command(std::move(value));
  if (!aborted) co_return aborted;
  if (step) driver->push_tool_input(*std::move(step));
  co_return co_await wait_for_end(engine, driver, seq);
}

asio::awaitable<Result<void>> answer_orphan(EnginePtr engine, RunId id, InterruptAnswer answer) {
  auto taken = co_await take(engine, id);
  if (!taken) co_return std::unexpected(taken.error());
  if (!answer.reason.empty()) {  // the one text of it
    const auto checked = check_redaction(*engine, taken->run.state.facts.spec);
    if (!checked) co_return std::unexpected(checked.error());
  }
  auto driver = drive(engine, *std::move(taken));
  driver->only_record();
  event::Input::Value value =
      event::inputs::Resolve{answer.interrupt_id, answer.decision, std::move(answer.by), std::move(answer.reason)};
  Result<void> answered = co_await driver->command(std::move(value));
  Result<void> let_go = co_await driver->let_go();
  if (!answered) co_return answered;
  co_return let_go;
}

asio::awaitable<Result<RunHandle>> resume_run(EnginePtr engine, RunId id, ResumeOptions options) {
  if (engine->is_closed()) co_return fail(RuntimeErrorCode::harness_closed, "the harness is closed");
  auto taken = co_await take(engine, id);
  if (!taken) co_return std::unexpected(taken.error());
  const events::RunStarted& spec = taken->run.state.facts.spec;
  const ImportTrust trust = options.trust_imported ? ImportTrust::given : ImportTrust::asked_for;
  auto trusted = co_await check_import_trust(engine->options().store, id, spec.workspace, trust);
  if (!trusted) co_return std::unexpected(trusted.error());
  auto tools = tools_of(*engine, spec, options.tools);
  if (!tools) co_return std::unexpected(tools.error());
  if (auto checked = check_rules(*engine, spec); !checked) co_return std::unexpected(checked.error());
  if (auto checked = check_redaction(*engine, spec); !checked) co_return std::unexpected(checked.error());
  std::shared_ptr<const Workspace> workspace;
  if (!spec.workspace.empty()) {
    auto opened = Workspace::open(spec.workspace);
    if (!opened) co_return std::unexpected(opened.error());
    workspace = *std::move(opened);
  }

  event::inputs::Recover recover;
  recover.by = options.by;
  recover.epoch = taken->opened.writer->epoch();
  if (taken->opened.cut_bytes > 0) recover.discarded_after = taken->run.head.seq;
  const auto lost = lost_effects(taken->run.state);
  const bool is_paused = taken->run.state.facts.paused;
  const std::uint64_t seq = taken->run.head.seq;

  auto driver = drive(engine, *std::move(taken));
  driver->use_tools(*std::move(tools), std::move(workspace));
  auto cursor = std::make_unique<EventCursor>(engine, id, driver->tail(), seq);
  event::Input::Value value = std::move(recover);
  Result<void> recovered = co_await driver->command(std::move(value));
  if (!recovered) co_return std::unexpected(recovered.error());
  for (const event::inputs::EffectLost& effect : lost) driver->push_tool_input(effect);
  if (is_paused) {
    value = event::inputs::Resume{options.by};
    Result<void> resumed = co_await driver->command(std::move(value));
    if (!resumed && resumed.error().code != name_of(RuntimeErrorCode::run_not_active)) {
      co_return std::unexpected(resumed.error());
    }
  }
  engine->log(LogLevel::info, "run", "resumed", id.str(), driver->trace_id().str());
  co_return RunHandle(std::move(driver), std::move(cursor));
}

}  // namespace orchestrator::harness::runtime
