// SPDX-License-Identifier: Apache-2.0
// Runs that are made out of others: replays, forks and undos; and the check of a run.

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include <expected>
#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "cli/commands/undo_drive.hpp"
#include "cli/display/transfer_json.hpp"
#include "cli/display/undo_text.hpp"
#include "daemon/routes/made_run.hpp"
#include "daemon/routes/route_table.hpp"
#include "daemon/runs/fork_order.hpp"
#include "daemon/service.hpp"
#include "event/erasure.hpp"
#include "journal/run_verification.hpp"

namespace orchestrator::daemon {
namespace {

namespace asio = boost::asio;
namespace json = boost::json;
using harness::Result;
using harness::RunHandle;
using harness::RunId;
using harness::RuntimeErrorCode;
using Started = std::expected<RunHandle, ApiError>;

constexpr std::string_view kReplaySchema = R"json({
  "type": "object", "additionalProperties": false,
  "properties": {
    "mode": {"enum": ["strict", "compat"]},
    "to": {"type": "integer", "minimum": 1, "maximum": 9007199254740991, "description": "Up to this event"}}
})json";

constexpr std::string_view kForkSchema = R"json({
  "type": "object", "additionalProperties": false,
  "properties": {
    "at": {"anyOf": [{"type": "integer", "minimum": 1, "maximum": 9007199254740991},
                     {"type": "string", "minLength": 1, "maxLength": 256}],
           "description": "The last event that the two share, or the label of a checkpoint; absent: the run's last"},
    "model": {"type": "string", "minLength": 3, "maxLength": 512, "description": "PROVIDER/MODEL"},
    "fallbacks": {"type": "array", "maxItems": 16, "items": {"type": "string", "minLength": 3, "maxLength": 512}},
    "system": {"type": "string", "maxLength": 262144},
    "input": {"type": "string", "minLength": 1, "description": "In place of the run's message"},
    "hints": {"type": "array", "maxItems": 16, "items": {"type": "string", "minLength": 1, "maxLength": 65536}},
    "settings": {"type": "object", "maxProperties": 64,
                 "additionalProperties": {"type": ["string", "number", "boolean"]},
                 "description": "On top of those of the run"},
    "budgets": {"type": "object", "additionalProperties": false, "properties": {
      "cost_micro_usd": {"type": "integer", "minimum": 0, "maximum": 9007199254740991},
      "tokens": {"type": "integer", "minimum": 1, "maximum": 9007199254740991},
      "turns": {"type": "integer", "minimum": 1, "maximum": 1000},
      "allow_unpriced": {"type": "boolean"}}},
    "approve": {"enum": ["never", "ask", "always"]},
    "timeout_ms": {"type": "integer", "minimum": 1, "maximum": 9007199254740991},
    "workspace": {"type": "string", "minLength": 1, "maxLength": 4096, "description": "An absolute path"},
    "tool_results": {"type": "array", "maxItems": 128, "items": {
      "type": "object", "additionalProperties": false, "required": ["call_id", "result"],
      "properties": {"call_id": {"type": "string", "minLength": 1, "maxLength": 256},
                     "outcome": {"enum": ["ok", "error"]}, "result": {}}}},
    "gate_decisions": {"type": "array", "maxItems": 128, "items": {
      "type": "object", "additionalProperties": false, "required": ["gate", "passed"],
      "properties": {"gate": {"type": "string", "minLength": 1, "maxLength": 256}, "passed": {"type": "boolean"}}}},
    "trust_imported": {"type": "boolean", "description": "Act also where the run came out of a file"},
    "labels": {"type": "object", "maxProperties": 63, "propertyNames": {"minLength": 1, "maxLength": 64},
               "additionalProperties": {"type": "string", "maxLength": 512}}}
})json";

constexpr std::string_view kUndoSchema = R"json({
  "type": "object", "additionalProperties": false,
  "properties": {
    "to": {"anyOf": [{"type": "integer", "minimum": 0, "maximum": 9007199254740991},
                     {"type": "string", "minLength": 1, "maxLength": 256}],
           "description": "Calls that began after this event, or after the checkpoint of this label; absent: all"},
    "overwrite": {"anyOf": [{"enum": ["all"]},
                            {"type": "array", "maxItems": 1000,
                             "items": {"type": "string", "minLength": 1, "maxLength": 4096}}],
                  "description": "What others have changed since and may be lost"},
    "trust_imported": {"type": "boolean", "description": "Act also where the run came out of a file"}}
})json";

constexpr std::string_view kPlanSchema = R"json({
  "type": "object", "additionalProperties": false, "required": ["run_id", "to_seq", "acts", "conflicts", "stuck", "steps"],
  "properties": {
    "run_id": {"type": "string"}, "to_seq": {"type": "integer", "minimum": 0},
    "acts": {"type": "integer", "minimum": 0, "description": "Steps that would change something"},
    "conflicts": {"type": "integer", "minimum": 0}, "stuck": {"type": "integer", "minimum": 0},
    "steps": {"type": "array", "items": {
      "type": "object", "additionalProperties": false,
      "required": ["step", "seq", "call_id", "tool", "verdict", "overwrites", "reason", "conflicts"],
      "properties": {
        "step": {"type": "integer", "minimum": 1}, "seq": {"type": "integer", "minimum": 1},
        "call_id": {"type": "string"}, "tool": {"type": "string"},
        "verdict": {"enum": ["restorable", "nothing_to_do", "conflict", "not_undoable"]},
        "overwrites": {"type": "boolean"}, "reason": {"type": "string"},
        "conflicts": {"type": "array", "items": {
          "type": "object", "additionalProperties": false, "required": ["target", "expected", "found", "reason"],
          "properties": {"target": {"type": "string"}, "expected": {"type": ["string", "null"]},
                         "found": {"type": ["string", "null"]}, "reason": {"type": "string"}}}}}}}}
})json";

constexpr std::string_view kVerdictSchema = R"json({
  "type": "object", "additionalProperties": false,
  "required": ["run_id", "sound", "ended", "held", "steps", "events", "bytes", "head", "erased_events", "contents",
               "unchecked", "flaws"],
  "properties": {
    "run_id": {"type": "string"}, "sound": {"type": "boolean"}, "ended": {"type": "boolean"},
    "held": {"type": "boolean"}, "steps": {"type": "integer", "minimum": 0},
    "events": {"type": "integer", "minimum": 0}, "bytes": {"type": "integer", "minimum": 0},
    "head": {"type": "string"}, "erased_events": {"type": "integer", "minimum": 0},
    "contents": {"type": "integer", "minimum": 0}, "unchecked": {"type": ["string", "null"]},
    "flaws": {"type": "array", "items": {
      "type": "object", "additionalProperties": false, "required": ["run_id", "step", "event", "what"],
      "properties": {"run_id": {"type": ["string", "null"]}, "step": {"type": ["integer", "null"]},
                     "event": {"type": ["integer", "null"]}, "what": {"type": "string"}}}}}
})json";

json::object body_of(const Call& call) {
  const json::object* body = call.body.if_object();
  return body == nullptr ? json::object() : *body;
}

Started started(Result<RunHandle> run) {
  if (!run) return std::unexpected(to_api_error(run.error()));
  return *std::move(run);
}

/// What all of them have in common.
class DerivedRun : public RunStart {
 public:
  DerivedRun(const Call& call, std::string_view kind)
      : service_(call.service), source_(call.arguments.run_id()), principal_(call.principal), kind_(kind) {}
  [[nodiscard]] std::string scope() const override { return kind_ + " of " + source_.str() + "\n"; }

 protected:
  std::shared_ptr<Service> service_;
  RunId source_;
  Principal principal_;

 private:
  std::string kind_;
};

class NewReplay final : public DerivedRun {
 public:
  NewReplay(const Call& call, harness::ReplayOptions options)
      : DerivedRun(call, "replay"), options_(std::move(options)) {}

  asio::awaitable<Started> start(std::string key) override {
    options_.by = asker_of(principal_, key);
    auto run = co_await service_->harness().async_replay(source_, options_);
    co_return started(std::move(run));
  }
  [[nodiscard]] std::pair<std::string, std::string> label_of(const std::string& key) const override {
    return {"by", key};
  }

 private:
  harness::ReplayOptions options_;
};

class NewFork final : public DerivedRun {
 public:
  NewFork(const Call& call, ForkOrder order) : DerivedRun(call, "fork"), order_(std::move(order)) {}

  asio::awaitable<Started> start(std::string key) override {
    if (!key.empty()) order_.options.labels.emplace_back(IdempotencyKeys::kLabel, std::move(key));
    order_.options.by = principal_.name;
    if (!order_.at_label.empty()) {
      auto seq = co_await service_->checkpoints().resolve(source_, order_.at_label);
      if (!seq) co_return std::unexpected(to_api_error(seq.error()));
      order_.options.at_seq = *seq;
    }
    auto completed = complete();
    const Result<void> done = co_await std::move(completed);
    if (!done) co_return std::unexpected(to_api_error(done.error()));
    auto run = co_await service_->harness().async_fork(source_, order_.options);
    co_return started(std::move(run));
  }
  [[nodiscard]] std::pair<std::string, std::string> label_of(const std::string& key) const override {
    return {IdempotencyKeys::kLabel, key};
  }

 private:
  asio::awaitable<Result<void>> complete() {
    if (order_.settings.empty() && order_.budgets.empty()) co_return Result<void>();
    auto source = co_await service_->harness().async_open_run(source_);
    if (!source) co_return std::unexpected(std::move(source.error()));
    auto first = co_await source->next();
    if (!first) co_return std::unexpected(std::move(first.error()));
    if (*first && harness::event::is_erased(**first)) {
      co_return harness::event::fail_erased(source_, "it cannot be forked");
    }
    const auto* begun = *first ? (*first)->get_if<harness::StreamEvent::RunStarted>() : nullptr;
    if (begun == nullptr) {
      co_return harness::fail(RuntimeErrorCode::journal_damaged, "the run has no first event", source_.str());
    }
    co_return complete_fork(order_, *begun);
  }

  ForkOrder order_;
};

class NewUndo final : public DerivedRun {
 public:
  NewUndo(const Call& call, harness::UndoOptions options) : DerivedRun(call, "undo"), options_(std::move(options)) {}

  asio::awaitable<Started> start(std::string key) override {
    options_.by = asker_of(principal_, key);
    auto plan = co_await service_->harness().async_plan_undo(source_, options_);
    if (!plan) co_return std::unexpected(to_api_error(plan.error()));
    const cli::UndoTally tally = cli::tally_of(*plan);
    if (tally.acting + tally.conflicts + tally.stuck == 0) {
      co_return std::unexpected(ApiError{.status = 409,
                                         .code = "nothing_to_undo",
                                         .message = "no call of the run has left anything that could be taken back",
                                         .at = source_.str()});
    }
    auto run = co_await service_->harness().async_undo(source_, *std::move(plan), options_);
    co_return started(std::move(run));
  }
  [[nodiscard]] std::pair<std::string, std::string> label_of(const std::string& key) const override {
    return {"undo.by", key};
  }

 private:
  harness::UndoOptions options_;
};

asio::awaitable<Reply> replay_run(Call call) {
  harness::ReplayOptions options;
  const json::object body = body_of(call);
  if (const auto* mode = body.if_contains("mode"); mode != nullptr && mode->as_string() == "compat") {
    options.mode = harness::ReplayMode::compat;
  }
  if (const auto* to = body.if_contains("to")) options.to_seq = to->to_number<std::uint64_t>();
  auto start = std::make_shared<NewReplay>(call, std::move(options));
  co_return co_await make_run(std::move(call), std::move(start));
}

asio::awaitable<Reply> fork_run(Call call) {
  const json::object body = body_of(call);
  auto order = read_fork_order(body);
  if (!order) co_return to_reply(to_api_error(order.error()));
  auto start = std::make_shared<NewFork>(call, *std::move(order));
  co_return co_await make_run(std::move(call), std::move(start));
}

asio::awaitable<Reply> undo_run(Call call) {
  const json::object body = body_of(call);
  auto start = std::make_shared<NewUndo>(call, read_undo_order(body));
  co_return co_await make_run(std::move(call), std::move(start));
}

asio::awaitable<Reply> plan_undo(Call call) {
  const json::object body = body_of(call);
  harness::UndoOptions options = read_undo_order(body);
  options.by = call.principal.name;
  const RunId run_id = call.arguments.run_id();
  const auto plan = co_await call.service->harness().async_plan_undo(run_id, std::move(options));
  if (!plan) co_return to_reply(to_api_error(plan.error()));
  const cli::UndoTally tally = cli::tally_of(*plan);
  json::array steps;
  for (json::object& step : cli::undo_plan_json(*plan)) steps.emplace_back(std::move(step));
  json::object answer{{"run_id", run_id.str()},
                      {"to_seq", plan->to_seq},
                      {"acts", tally.acting},
                      {"conflicts", tally.conflicts},
                      {"stuck", tally.stuck}};
  answer["steps"] = std::move(steps);
  co_return json_reply(200, json::serialize(answer));
}

asio::awaitable<Reply> verify_run(Call call) {
  const auto store = call.service->harness().store();
  const RunId run_id = call.arguments.run_id();
  std::function<asio::awaitable<Result<harness::journal::RunVerdict>>()> work = [store, run_id] {
    return harness::journal::verify_run_and_records(store, run_id);
  };
  auto working = call.service->store_work().run(std::move(work));
  const auto verdict = co_await std::move(working);
  if (!verdict) co_return to_reply(to_api_error(verdict.error()));
  co_return json_reply(200, json::serialize(cli::json_of(*verdict)));
}

Route derived(std::string_view pattern, std::string_view id, std::string_view summary, Handler handler) {
  return {.method = Method::post,
          .pattern = pattern,
          .id = id,
          .summary = summary,
          .role = Role::run,
          .parameters = {run_id_parameter(), idempotency_key_parameter()},
          .body = BodyRule{.schema = R"json({"type": "object", "additionalProperties": false})json",
                           .example = "{}",
                           .required = false},
          .answers = {run_answer(201, "The new run, accepted and durable")},
          .handler = handler};
}

}  // namespace

std::vector<Route> derived_run_routes() {
  Route replay = derived("/v1/runs/{run_id}/replay", "replayRun",
                         "Decide every input of a run again and compare, in a run of its own", replay_run);
  replay.body->schema = kReplaySchema;
  replay.body->example = R"json({"mode": "strict"})json";
  Route fork =
      derived("/v1/runs/{run_id}/fork", "forkRun", "Go on from an event of a run in a run of its own", fork_run);
  fork.body->schema = kForkSchema;
  fork.body->example = R"json({"at": 12, "hints": ["Be brief"]})json";
  Route undo = derived("/v1/runs/{run_id}/undo", "undoRun",
                       "Take back what the calls of a run did, in a run of its own", undo_run);
  undo.body->schema = kUndoSchema;
  undo.body->example = R"json({"to": 12})json";
  Route plan = derived("/v1/runs/{run_id}/undo-plan", "planUndo", "What an undo would do; changes nothing", plan_undo);
  plan.parameters = {run_id_parameter()};
  plan.body->schema = kUndoSchema;
  plan.body->example = R"json({"overwrite": "all"})json";
  plan.answers = {{.summary = "The steps, last call first",
                   .schema = kPlanSchema,
                   .example = R"json({"run_id": "run_01K5D0000000000000000000AB", "to_seq": 0, "acts": 0,
                     "conflicts": 0, "stuck": 0, "steps": []})json"}};
  Route verify = derived("/v1/runs/{run_id}/verify", "verifyRun",
                         "Check every line, the hash chain and the contents of a run", verify_run);
  verify.role = Role::read;
  verify.parameters = {run_id_parameter()};
  verify.body->bytes_max = 1'024;
  verify.answers = {{.summary = "What was checked, and what is wrong",
                     .schema = kVerdictSchema,
                     .example = R"json({"run_id": "run_01K5D0000000000000000000AB", "sound": true, "ended": true,
                       "held": false, "steps": 8, "events": 12, "bytes": 4096, "head": "00", "erased_events": 0,
                       "contents": 0, "unchecked": null, "flaws": []})json"}};
  return {std::move(replay), std::move(fork), std::move(plan), std::move(undo), std::move(verify)};
}

}  // namespace orchestrator::daemon
