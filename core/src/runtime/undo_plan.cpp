// SPDX-License-Identifier: Apache-2.0
#include "runtime/undo_plan.hpp"

#include <algorithm>
#include <map>
#include <utility>
#include <vector>

#include "event/canonical_event.hpp"
#include "event/runtime_version.hpp"
#include "kernel/behaviours.hpp"
#include "kernel/decide.hpp"
#include "runtime/entropy.hpp"
#include "runtime/event_cursor.hpp"
#include "runtime/imported_run.hpp"
#include "runtime/run_driver.hpp"
#include "runtime/undo_history.hpp"
#include "runtime/undo_source.hpp"

namespace orchestrator::harness::runtime {
namespace {

namespace asio = boost::asio;
using EnginePtr = std::shared_ptr<Engine>;

// The run whose calls are wanted, where it may be taken back at all.
asio::awaitable<Result<UndoSource>> source_of(EnginePtr engine, RunId id) {
  auto source = co_await load_undo_source(engine, id);
  if (!source) co_return source;
  if (!source->has_ended) {
    co_return fail(RuntimeErrorCode::precondition_failed, "the run has not ended: abort it first", id.str());
  }
  if (source->spec.kind == RunKind::replay) {
    co_return fail(RuntimeErrorCode::precondition_failed, "a replay changes nothing that could be taken back",
                   id.str());
  }
  co_return source;
}

Result<std::uint64_t> point_of(const UndoSource& source, const UndoOptions& options) {
  if (!options.to_label.empty()) {
    const auto found = source.labels.find(options.to_label);
    if (found != source.labels.end()) return found->second;
    std::string message = "the run has no checkpoint '" + options.to_label + "'";
    const char* before = "; it has '";
    for (const auto& [label, seq] : source.labels) {
      message += before + label + "'";
      before = ", '";
    }
    return fail(RuntimeErrorCode::invalid_argument, std::move(message), "to_label");
  }
  if (options.to_seq <= source.head.seq) return options.to_seq;
  return fail(RuntimeErrorCode::invalid_argument, "the run has " + std::to_string(source.head.seq) + " events",
              "to_seq");
}

// What is to be taken back, in that order.
std::vector<const SourceCall*> calls_after(const UndoSource& source, std::uint64_t seq) {
  std::vector<const SourceCall*> calls;
  for (auto call = source.calls.rbegin(); call != source.calls.rend() && call->call.seq > seq; ++call) {
    calls.push_back(&*call);
  }
  return calls;
}

CompensationCall as_asked(const Engine& engine, const SourceCall& source) {
  CompensationCall call = source.call;
  if (source.is_redacted && call.undo) {
    call.undo->data.text = engine.options().redactor->restored_arguments(call.undo->data.text);
  }
  return call;
}

// The steps that one compensator is asked about together, since one may stand on another.
struct Asked {
  std::vector<std::size_t> steps;
  std::vector<CompensationCall> calls;
};

asio::awaitable<Result<void>> look_at(std::shared_ptr<Compensator> compensator, Asked asked, UndoConsent consent,
                                      CompensationContext context, events::UndoPlanned* plan) {
  auto work = compensator->look_ahead(std::move(asked.calls), consent, std::move(context));
  auto looks = co_await std::move(work);
  if (!looks) co_return std::unexpected(looks.error().to_error());
  for (std::size_t i = 0; i < asked.steps.size(); ++i) {
    UndoStep& step = plan->steps[asked.steps[i]];
    if (i >= looks->size()) {
      step.reason = "its compensator said nothing of it";
      continue;
    }
    CompensationLook& look = (*looks)[i];
    step.verdict = look.verdict;
    step.conflicts = std::move(look.conflicts);
    step.reason = std::move(look.reason);
    step.overwrites = step.verdict == UndoVerdict::conflict && look.can_overwrite && covers(consent, step.conflicts);
  }
  co_return Result<void>();
}

// Whether the contents that a call's undo record refers to are there and are what they were; if not, which are not.
asio::awaitable<Result<std::string>> lost_content(EnginePtr engine, const SourceCall* call, std::set<Hash>* found) {
  if (!call->call.undo) co_return std::string();
  for (const SharedBytes& bytes : call->call.undo->blobs) {
    if (bytes.is_loaded() || found->contains(bytes.hash())) continue;
    const auto content = co_await engine->store().blob(bytes.hash());
    if (content) {
      found->insert(bytes.hash());
    } else if (content.error().code == name_of(RuntimeErrorCode::run_not_found)) {
      co_return "cannot be undone: its content is gone (" + bytes.hash().str() + ")";
    } else if (content.error().code == name_of(RuntimeErrorCode::journal_damaged)) {
      co_return "cannot be undone: its content is damaged (" + bytes.hash().str() + ")";
    } else {
      co_return std::unexpected(content.error());
    }
  }
  co_return std::string();
}

// The calls that compensators are asked about, in order, and why one could not be taken back if that were to be done.
struct Asking {
  struct Call {
    std::size_t step = 0;
    const SourceCall* call = nullptr;
    std::string lost;  // empty: its contents are there
  };
  std::vector<Call> calls;
};

// Asks about all of them. A call whose content is lost is no obstacle where nothing is to be done; where there is, it
// stays, and the others are looked at once more as things will then be.
asio::awaitable<Result<void>> look_at_all(EnginePtr engine, Asking asking, UndoConsent consent,
                                          CompensationContext context, events::UndoPlanned* plan) {
  constexpr int kLooksMax = 4;  // then every call whose content is lost stays
  for (int look = 1;; ++look) {
    std::map<std::shared_ptr<Compensator>, Asked> asked;
    for (const Asking::Call& one : asking.calls) {
      Asked& together = asked[compensator_of(*engine, one.call->call.tool)];
      together.steps.push_back(one.step);
      together.calls.push_back(as_asked(*engine, *one.call));
    }
    for (auto& [compensator, together] : asked) {
      Result<void> looked = co_await look_at(compensator, std::move(together), consent, context, plan);
      if (!looked) co_return looked;
    }
    const auto stays = [plan, is_last = look >= kLooksMax](const Asking::Call& one) {
      UndoStep& step = plan->steps[one.step];
      if (one.lost.empty() || (!is_last && step.verdict == UndoVerdict::nothing_to_do)) return false;
      step.verdict = UndoVerdict::not_undoable;
      step.overwrites = false;
      step.conflicts.clear();
      step.reason = one.lost;
      return true;
    };
    if (std::erase_if(asking.calls, stays) == 0) co_return Result<void>();
  }
}

events::RunStarted spec_of(const Engine& engine, const UndoSource& source) {
  events::RunStarted spec;
  spec.kind = RunKind::undo;
  spec.parent = source.head;
  spec.input.emplace_back(TextPart{"undo of " + source.head.run_id.str()});
  spec.model_plan = source.spec.model_plan;
  spec.workspace = source.spec.workspace;
  spec.limits = engine.options().limits;
  spec.history = {std::nullopt, 0, event::context_hash({})};
  spec.remember = false;
  spec.behaviours = kernel::present_behaviours();
  spec.seed = new_seed();
  spec.runtime_version = event::runtime_version();
  if (const auto& redactor = engine.options().redactor) {
    spec.redaction = redactor->mode();
    spec.pinned.push_back({"redaction", redactor->hash()});
  }
  return spec;
}

// Whether the plan names exactly what this run leaves to be taken back: it was shown to somebody, and is not trusted.
Result<void> check_plan(const UndoSource& source, const events::UndoPlanned& plan) {
  const auto calls = calls_after(source, plan.to_seq);
  const bool is_of_run = std::ranges::equal(plan.steps, calls, [](const UndoStep& step, const SourceCall* call) {
    return step.seq == call->call.seq && step.call_id == call->call.call_id && step.tool == call->call.tool;
  });
  if (is_of_run) return {};
  return fail(RuntimeErrorCode::invalid_argument, "the plan is not one of this run", "plan");
}

}  // namespace

asio::awaitable<Result<events::UndoPlanned>> plan_undo(EnginePtr engine, RunId id, UndoOptions options) {
  auto source = co_await source_of(engine, id);
  if (!source) co_return std::unexpected(source.error());
  const auto to_seq = point_of(*source, options);
  if (!to_seq) co_return std::unexpected(to_seq.error());
  CompensationContext context;
  context.deadline = std::chrono::steady_clock::now() + kLookDeadline;
  if (!source->spec.workspace.empty()) {
    auto workspace = Workspace::open(source->spec.workspace);
    if (!workspace) co_return std::unexpected(workspace.error());
    context.workspace = *std::move(workspace);
  }

  const auto gone = co_await taken_back_calls(engine, id, source->session_id);
  if (!gone) co_return std::unexpected(gone.error());

  events::UndoPlanned plan;
  plan.to_seq = *to_seq;
  Asking asking;
  std::set<Hash> found;
  for (const SourceCall* call : calls_after(*source, *to_seq)) {
    UndoStep step;
    step.call_id = call->call.call_id;
    step.tool = call->call.tool;
    step.seq = call->call.seq;
    step.reason = reason_against(*engine, *call);
    if (const auto undo = gone->find(step.seq); undo != gone->end()) {
      step.verdict = UndoVerdict::nothing_to_do;
      step.reason = "already taken back by undo " + undo->second.str();
    } else if (step.reason.empty()) {
      auto lost = co_await lost_content(engine, call, &found);
      if (!lost) co_return std::unexpected(lost.error());
      asking.calls.push_back({plan.steps.size(), call, *std::move(lost)});
    }
    plan.steps.push_back(std::move(step));
  }
  Result<void> looked = co_await look_at_all(engine, std::move(asking), options.overwrite, context, &plan);
  if (!looked) co_return std::unexpected(looked.error());
  co_return plan;
}

asio::awaitable<Result<RunHandle>> start_undo(EnginePtr engine, RunId id, events::UndoPlanned plan,
                                              UndoOptions options) {
  if (engine->is_closed()) co_return fail(RuntimeErrorCode::harness_closed, "the harness is closed");
  auto source = co_await source_of(engine, id);
  if (!source) co_return std::unexpected(source.error());
  if (auto checked = check_plan(*source, plan); !checked) co_return std::unexpected(checked.error());
  const ImportTrust trust = options.trust_imported ? ImportTrust::given : ImportTrust::asked_for;
  auto trusted = co_await check_import_trust(engine->options().store, id, source->spec.workspace, trust);
  if (!trusted) co_return std::unexpected(trusted.error());

  event::inputs::Start start;
  start.spec = spec_of(*engine, *source);
  start.spec.labels = {{"undo.by", options.by}};
  start.derivation = std::move(plan);
  start.identity.run_id = new_run_id();
  start.identity.session_id = source->session_id;
  start.identity.trace_id = new_trace_id();
  std::vector<events::RedactionCount> redacted;
  if (const auto& redactor = engine->options().redactor) {
    event::Input::Value value = std::move(start);
    redacted = redactor->redact(value);
    start = std::get<event::inputs::Start>(std::move(value));
  }
  event::Input probe{event::Now{}, start};
  if (auto refusal = kernel::decide(kernel::State{}, probe).refusal) co_return std::unexpected(*std::move(refusal));

  const RunId run_id = start.identity.run_id;
  auto writer = co_await engine->store().create(run_id, source->session_id);
  if (!writer) co_return std::unexpected(writer.error());
  auto driver = std::make_shared<RunDriver>(engine, start.identity, *std::move(writer));
  auto cursor = std::make_unique<EventCursor>(engine, run_id, driver->tail(), 0);
  std::vector<event::inputs::Hint> no_hints;
  Result<void> accepted = co_await driver->start(std::move(start), std::move(no_hints), std::move(redacted));
  if (!accepted) co_return std::unexpected(accepted.error());
  engine->log(LogLevel::info, "run", "undo started", run_id.str(), driver->trace_id().str(), {{"source", id.str()}});
  co_return RunHandle(std::move(driver), std::move(cursor));
}

}  // namespace orchestrator::harness::runtime
