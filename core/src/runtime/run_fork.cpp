// SPDX-License-Identifier: Apache-2.0
#include "runtime/run_fork.hpp"

#include <algorithm>
#include <string>
#include <utility>

#include "event/step.hpp"
#include "kernel/decide.hpp"
#include "runtime/entropy.hpp"
#include "runtime/event_cursor.hpp"
#include "runtime/fork_workspace.hpp"
#include "runtime/imported_run.hpp"
#include "runtime/run_driver.hpp"
#include "runtime/run_lineage.hpp"
#include "runtime/run_request.hpp"
#include "runtime/tool_registry.hpp"

namespace orchestrator::harness::runtime {
namespace {

namespace asio = boost::asio;
using EnginePtr = std::shared_ptr<Engine>;

constexpr std::uint32_t kRunsPerPage = 1'000;

Result<ModelPlan> plan_of(const events::RunStarted& source, const ForkOptions& options) {
  ModelPlan plan = source.model_plan;
  if (!options.model) return plan;
  auto primary = ModelRef::parse(*options.model);
  if (!primary) return std::unexpected(primary.error());
  plan.primary = *std::move(primary);
  plan.fallbacks.clear();
  for (const std::string& name : options.fallbacks) {
    auto fallback = ModelRef::parse(name);
    if (!fallback) return std::unexpected(fallback.error());
    plan.fallbacks.push_back(*std::move(fallback));
  }
  return plan;
}

// The tools of the source, as they are declared now.
Result<ToolRegistry> tools_of(const Engine& engine, const events::RunStarted& source, const ForkOptions& options) {
  ToolRegistry known;
  for (const auto& tool : options.tools) {
    if (auto added = known.add(tool); !added) return std::unexpected(added.error());
  }
  ToolRegistryAccess::merge(known, engine.options().tools);
  ToolRegistry tools;
  for (const ToolSpec& declared : source.tools) {
    const auto tool = known.find(declared.name);
    if (!tool) {
      return fail(RuntimeErrorCode::precondition_failed,
                  "the run has the tool '" + declared.name + "', which this harness does not have", "tools");
    }
    if (auto added = tools.add(tool); !added) return std::unexpected(added.error());
  }
  return tools;
}

// The settings of the fork: those of its source, with what the caller puts in their place.
Result<events::RunStarted> spec_of(const Engine& engine, const events::RunStarted& source, const ForkOptions& options) {
  events::RunStarted spec = source;
  spec.kind = RunKind::fork;
  auto plan = plan_of(source, options);
  if (!plan) return std::unexpected(plan.error());
  spec.model_plan = *std::move(plan);
  if (options.system) spec.system = *options.system;
  if (options.input) spec.input = *options.input;
  if (options.settings) spec.settings = *options.settings;
  if (options.budgets) spec.budgets = *options.budgets;
  if (options.approval) spec.tool_policy.approval = *options.approval;
  if (options.run_timeout_ms) spec.timeouts.run_ms = options.run_timeout_ms;
  spec.labels = options.labels;
  if (engine.options().memory == nullptr) {
    spec.memory.recall_max = 0;
    spec.memory.keep_run = false;
  }
  if (auto valid = RunRequest::check(spec); !valid) return std::unexpected(valid.error());
  if (auto completed = RunRequest::complete(spec, engine); !completed) return std::unexpected(completed.error());
  return spec;
}

events::RunForked changes_of(const events::RunStarted& source, const events::RunStarted& spec,
                             const ForkOptions& options) {
  const bool has_other_settings = spec.settings != source.settings || spec.budgets != source.budgets ||
                                  spec.tool_policy != source.tool_policy || spec.timeouts != source.timeouts;
  events::RunForked forked;
  if (!options.gate_decisions.empty()) forked.changed.emplace_back("gate");
  if (!options.hints.empty()) forked.changed.emplace_back("hint");
  if (spec.input != source.input) forked.changed.emplace_back("input");
  if (spec.model_plan != source.model_plan) forked.changed.emplace_back("model");
  if (has_other_settings) forked.changed.emplace_back("settings");
  if (spec.system != source.system) forked.changed.emplace_back("system");
  if (!options.tool_results.empty()) forked.changed.emplace_back("tool_result");
  forked.results = options.tool_results;
  forked.gates = options.gate_decisions;
  return forked;
}

std::vector<event::inputs::Hint> hints_of(const ForkOptions& options) {
  std::vector<event::inputs::Hint> hints;
  for (const std::string& text : options.hints) {
    event::inputs::Hint hint;
    hint.hint_id = new_hint_id();
    hint.text = text;
    hint.by = options.by;
    hints.push_back(std::move(hint));
  }
  return hints;
}

// What the fork and its tools have to do with the files.
struct Files {
  std::shared_ptr<const Workspace> workspace;
  WorkspaceFinding finding;
};
asio::awaitable<Result<Files>> files_of(EnginePtr engine, RunId source, std::uint64_t at_seq, std::string source_folder,
                                        std::string folder) {
  Files files;
  if (folder.empty()) co_return files;
  auto opened = Workspace::open(folder);
  if (!opened) co_return std::unexpected(opened.error());
  files.workspace = *std::move(opened);
  if (files.workspace->directory() != source_folder) {
    files.finding.state = ForkWorkspace::not_restored;
    files.finding.notes.push_back("the run worked in " + source_folder + ", the fork works in another folder");
    co_return files;
  }
  auto finding = co_await look_at_workspace(engine, source, at_seq, source_folder);
  if (!finding) co_return std::unexpected(finding.error());
  files.finding = *std::move(finding);
  co_return files;
}

// What a fork brings into the store: of its input, and of the results that it was given.
std::vector<SharedBytes> media_of(const event::inputs::Start& start) {
  std::vector<SharedBytes> media = RunRequest::inline_media(start.spec.input);
  if (const auto* forked = std::get_if<events::RunForked>(&start.derivation)) {
    for (const SubstitutedResult& result : forked->results) {
      for (SharedBytes& bytes : RunRequest::inline_media(result.result)) media.push_back(std::move(bytes));
    }
  }
  return media;
}

// The run that a fork was made of, or nothing.
asio::awaitable<Result<std::optional<RunId>>> source_of(std::shared_ptr<JournalStore> store, RunId run_id) {
  std::optional<RunId> source;
  auto lines = co_await store->read(run_id, 0, 1);
  if (!lines) co_return std::unexpected(lines.error());
  if (lines->empty()) co_return source;
  auto step = event::read_step(lines->front().bytes);
  if (!step) co_return source;  // damaged: whose fork it was is not known
  const auto* started = step->events.empty() ? nullptr : step->events.front().get_if<StreamEvent::RunStarted>();
  if (started != nullptr && started->parent) source = started->parent->run_id;
  co_return source;
}

}  // namespace

asio::awaitable<Result<RunHandle>> fork_run(EnginePtr engine, RunId source, ForkOptions options) {
  if (engine->is_closed()) co_return fail(RuntimeErrorCode::harness_closed, "the harness is closed");
  auto point = co_await load_fork_point(engine->options().store, source, options.at_seq);
  if (!point) co_return std::unexpected(point.error());
  const events::RunStarted& origin = point->base.facts.spec;
  if (origin.kind != RunKind::live && origin.kind != RunKind::fork) {
    co_return fail(RuntimeErrorCode::not_supported, "a replay or an undo cannot be forked", source.str());
  }
  event::inputs::Start start;
  auto spec = spec_of(*engine, origin, options);
  if (!spec) co_return std::unexpected(spec.error());
  start.spec = *std::move(spec);
  start.spec.parent = events::ParentRef{source, point->at.seq, point->at.hash};
  auto tools = tools_of(*engine, origin, options);
  if (!tools) co_return std::unexpected(tools.error());
  start.spec.tools = tools->specs();
  const std::string folder = options.workspace.value_or(origin.workspace);
  const ImportTrust trust = options.trust_imported ? ImportTrust::given : ImportTrust::asked_for;
  auto trusted = co_await check_import_trust(engine->options().store, source, folder, trust);
  if (!trusted) co_return std::unexpected(trusted.error());
  auto files = co_await files_of(engine, source, point->at.seq, origin.workspace, folder);
  if (!files) co_return std::unexpected(files.error());
  start.spec.workspace = files->workspace ? files->workspace->directory() : std::string();
  events::RunForked forked = changes_of(origin, start.spec, options);
  forked.workspace = files->finding.state;
  forked.workspace_notes = std::move(files->finding.notes);
  start.derivation = std::move(forked);
  start.identity.run_id = new_run_id();
  start.identity.session_id = new_session_id();
  start.identity.trace_id = new_trace_id();

  std::vector<events::RedactionCount> redacted;
  if (const auto& redactor = engine->options().redactor) {
    event::Input::Value value = std::move(start);
    redacted = redactor->redact(value);
    start = std::get<event::inputs::Start>(std::move(value));
  }
  // A refusal must leave nothing behind, so it is asked for before the run exists in the store.
  event::Input probe{event::Now{}, start};
  if (auto refusal = kernel::decide(point->base, probe).refusal) co_return std::unexpected(*std::move(refusal));

  const RunId run_id = start.identity.run_id;
  auto writer = co_await engine->store().create(run_id, start.identity.session_id);
  if (!writer) co_return std::unexpected(writer.error());
  for (const SharedBytes& bytes : media_of(start)) {
    if (!bytes.is_loaded()) continue;  // its source has brought it
    Result<void> stored = co_await (*writer)->put_blob(bytes);
    if (!stored) co_return std::unexpected(stored.error());
  }
  auto driver = std::make_shared<RunDriver>(engine, start.identity, *std::move(writer));
  driver->begin_with(std::move(point->base));
  if (!tools->empty()) driver->use_tools(*std::move(tools), std::move(files->workspace));
  auto cursor = std::make_unique<EventCursor>(engine, run_id, driver->tail(), 0);
  Result<void> accepted = co_await driver->start(std::move(start), hints_of(options), std::move(redacted));
  if (!accepted) co_return std::unexpected(accepted.error());
  engine->log(LogLevel::info, "run", "forked", run_id.str(), driver->trace_id().str(), {{"source", source.str()}});
  co_return RunHandle(std::move(driver), std::move(cursor));
}

asio::awaitable<Result<std::vector<RunId>>> forks_of(std::shared_ptr<JournalStore> store, RunId source) {
  std::vector<RunId> forks;
  RunFilter filter;
  filter.limit = kRunsPerPage;
  for (;;) {
    auto page = co_await store->list(filter);
    if (!page) co_return std::unexpected(page.error());
    for (const RunSummary& summary : *page) {
      if (summary.kind != RunKind::fork) continue;
      auto parent = co_await source_of(store, summary.run_id);
      if (!parent) co_return std::unexpected(parent.error());
      if (*parent == source) forks.push_back(summary.run_id);
    }
    if (page->size() < kRunsPerPage) co_return forks;
    filter.before = page->back().run_id;
  }
}

}  // namespace orchestrator::harness::runtime
