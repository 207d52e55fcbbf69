// SPDX-License-Identifier: Apache-2.0
#include "runtime/replay_start.hpp"

#include <utility>
#include <vector>

#include "event/field_encoder.hpp"
#include "event/runtime_version.hpp"
#include "kernel/behaviours.hpp"
#include "kernel/decide.hpp"
#include "runtime/entropy.hpp"
#include "runtime/event_cursor.hpp"
#include "runtime/journal_point.hpp"
#include "runtime/run_driver.hpp"
#include "runtime/source_replay.hpp"

namespace orchestrator::harness::runtime {
namespace {

namespace asio = boost::asio;
using EnginePtr = std::shared_ptr<Engine>;

event::inputs::Start start_of(const Engine& engine, const JournalPoint& point, const ReplayOptions& options) {
  event::inputs::Start start;
  events::RunStarted& spec = start.spec;
  spec.kind = RunKind::replay;
  spec.parent = point.ref;
  spec.input.emplace_back(
      TextPart{"replay of " + point.ref.run_id.str() + " up to event " + std::to_string(point.ref.seq)});
  spec.model_plan = point.started.model_plan;
  spec.limits = engine.options().limits;
  spec.remember = false;
  spec.behaviours = kernel::present_behaviours();
  spec.seed = new_seed();
  if (!options.by.empty()) spec.labels.emplace_back("by", options.by);
  spec.runtime_version = event::runtime_version();
  start.identity.run_id = new_run_id();
  start.identity.session_id = point.session_id;
  start.identity.trace_id = new_trace_id();
  start.derivation = events::ReplayStarted{options.mode, point.ref.seq};
  return start;
}

asio::awaitable<Result<RunHandle>> start_at(EnginePtr engine, JournalPoint point, ReplayOptions options) {
  if (options.mode == ReplayMode::strict) {
    const auto differences = version_differences(point.started, present_adapters(*engine, point.started));
    if (!differences.empty()) {
      std::string message = "the run was not made by what is here: ";
      for (const std::string& difference : differences) {
        message += (&difference == &differences.front() ? "" : "; ") + difference;
      }
      co_return fail(RuntimeErrorCode::precondition_failed, message + "; the mode compat replays it all the same",
                     "mode");
    }
  }
  event::inputs::Start start = start_of(*engine, point, options);
  event::Input probe{event::Now{}, start};
  if (auto refusal = kernel::decide(kernel::State{}, probe).refusal) co_return std::unexpected(*std::move(refusal));

  const RunId run_id = start.identity.run_id;
  auto writer = co_await engine->store().create(run_id, start.identity.session_id);
  if (!writer) co_return std::unexpected(writer.error());
  auto driver = std::make_shared<RunDriver>(engine, start.identity, *std::move(writer));
  auto cursor = std::make_unique<EventCursor>(engine, run_id, driver->tail(), 0);
  std::vector<event::inputs::Hint> hints;
  std::vector<events::RedactionCount> redacted;
  Result<void> accepted = co_await driver->start(std::move(start), std::move(hints), std::move(redacted));
  if (!accepted) co_return std::unexpected(accepted.error());
  engine->log(LogLevel::info, "run", "replay started", run_id.str(), driver->trace_id().str(),
              {{"source", point.ref.run_id.str()}});
  co_return RunHandle(std::move(driver), std::move(cursor));
}

Error harness_closed() { return RuntimeError{RuntimeErrorCode::harness_closed, "the harness is closed", {}, {}}; }

}  // namespace

std::optional<Hash> present_adapters(const Engine& engine, const events::RunStarted& run) {
  std::vector<ModelRef> models{run.model_plan.primary};
  models.insert(models.end(), run.model_plan.fallbacks.begin(), run.model_plan.fallbacks.end());
  std::vector<ModelOffer> offers;
  for (const ModelRef& model : models) {
    const auto adapter = engine.provider(model.provider);
    if (!adapter) return std::nullopt;
    ModelOffer offer = (*adapter)->offer(model);
    engine.options().catalogue.complete(offer);
    offers.push_back(std::move(offer));
  }
  std::string bytes;
  event::append_value(bytes, offers);
  return sha256(bytes);
}

asio::awaitable<Result<RunHandle>> start_replay(EnginePtr engine, RunId source, ReplayOptions options) {
  if (engine->is_closed()) co_return std::unexpected(harness_closed());
  auto point = co_await find_point(engine->options().store, source, options.to_seq);
  if (!point) co_return std::unexpected(point.error());
  co_return co_await start_at(std::move(engine), *std::move(point), std::move(options));
}

asio::awaitable<Result<RunHandle>> start_replay_of_token(EnginePtr engine, ReplayToken token, ReplayOptions options) {
  if (engine->is_closed()) co_return std::unexpected(harness_closed());
  if (options.to_seq && *options.to_seq != token.seq) {
    co_return fail(RuntimeErrorCode::invalid_argument,
                   "the token is for event " + std::to_string(token.seq) + ", not " + std::to_string(*options.to_seq),
                   "to_seq");
  }
  auto now = co_await replay_token(engine->options().store, token.run_id, token.seq);
  if (!now) co_return std::unexpected(now.error());
  if (*now != token) {
    co_return fail(RuntimeErrorCode::journal_damaged,
                   "the journal is not the one that the token is of: event " + std::to_string(token.seq) +
                       (now->head != token.head ? " has another hash" : " stands for other requests or calls"),
                   token.run_id.str());
  }
  auto point = co_await find_point(engine->options().store, token.run_id, token.seq);
  if (!point) co_return std::unexpected(point.error());
  co_return co_await start_at(std::move(engine), *std::move(point), std::move(options));
}

asio::awaitable<Result<ReplayToken>> issue_token(EnginePtr engine, RunId run_id, std::string by) {
  const auto driver = engine->find_run(run_id);
  if (!driver) {
    co_return fail(RuntimeErrorCode::run_not_active, "no process of this harness has the run", run_id.str());
  }
  auto token = co_await replay_token(engine->options().store, run_id, std::nullopt);
  if (!token) co_return token;
  if (driver->has_ended()) co_return fail(RuntimeErrorCode::run_not_active, "the run has ended", run_id.str());
  event::Input::Value value = event::inputs::IssueToken{token->seq, token->str(), std::move(by)};
  Result<void> noted = co_await driver->command(std::move(value));
  if (!noted) co_return std::unexpected(noted.error());
  co_return token;
}

}  // namespace orchestrator::harness::runtime
